// Questions the reader marks: a button "Check" under the options, the reason for the chosen one, a tally for the page.
// Nothing is stored; without this script the folded answer is there.
document.addEventListener("DOMContentLoaded", () => {
  const questions = [...document.querySelectorAll("fieldset.question")];

  for (const question of questions) {
    const verdict = question.querySelector(".question-verdict");
    const reasons = question.querySelectorAll(".question-answer > ol > li");

    const button = document.createElement("button");
    button.type = "button";
    button.className = "question-check";
    button.textContent = "Check";
    verdict.before(button);

    button.addEventListener("click", () => {
      const chosen = question.querySelector("input:checked");
      delete question.dataset.result;
      if (!chosen) {
        verdict.textContent = "Choose one of the options first.";
        return;
      }
      question.dataset.result = chosen.value === question.dataset.right ? "right" : "wrong";
      verdict.innerHTML = reasons[chosen.value - 1].innerHTML;
      const right = questions.filter((other) => other.dataset.result === "right").length;
      const tally = document.createElement("p");
      tally.className = "question-tally";
      tally.textContent = `${right} of ${questions.length} right on this page.`;
      verdict.append(tally);
    });

    // Another choice is not yet checked.
    question.addEventListener("change", () => {
      delete question.dataset.result;
      verdict.textContent = "";
    });
  }
});
