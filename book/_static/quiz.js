// Questions the reader marks: a button "Check" under the options; then every option with its reason, and a tally for the
// page. The answer is remembered by progress.js. Without this script the folded answers are there.
document.addEventListener("DOMContentLoaded", () => {
  const questions = [...document.querySelectorAll("fieldset.question")];

  for (const question of questions) {
    const { key, right } = question.dataset;
    const verdict = question.querySelector(".question-verdict");
    const options = question.querySelectorAll(".question-options > li");
    const reasons = question.querySelectorAll(".question-answer > ol > li");
    const chosen = () => question.querySelector("input:checked");

    const button = document.createElement("button");
    button.type = "button";
    button.className = "question-check";
    button.textContent = "Check";
    verdict.before(button);

    function clear() {
      delete question.dataset.result;
      verdict.textContent = "";
      question.querySelectorAll(".question-reason").forEach((reason) => reason.remove());
    }

    function grade() {
      clear();
      const answer = chosen().value;
      question.dataset.result = answer === right ? "right" : "wrong";
      options.forEach((option, i) => {
        const reason = document.createElement("div");
        reason.className = `question-reason ${String(i + 1) === right ? "is-right" : "is-wrong"}`;
        reason.innerHTML = reasons[i].innerHTML;
        option.append(reason);
      });
      const count = questions.filter((other) => other.dataset.result === "right").length;
      document.querySelector(".question-tally")?.remove(); // of the question checked before: it counts no more
      const tally = document.createElement("span");
      tally.className = "question-tally";
      tally.textContent = `${count} of ${questions.length} right on this page.`;
      verdict.textContent = answer === right ? "Right." : `Not ${answer}: the answer is ${right}.`;
      verdict.append(" ", tally);
    }

    button.addEventListener("click", () => {
      if (!chosen()) {
        verdict.textContent = "Choose one of the options first.";
        return;
      }
      grade();
      progress.change(({ answers }) => (answers[key] = chosen().value));
    });

    question.addEventListener("change", clear); // another choice is not yet checked

    const remembered = Number(progress.of(progress.chapter).answers[key]);
    const option = question.querySelector(`input[value="${remembered}"]`);
    if (option) {
      option.checked = true;
      grade();
    }

    document.addEventListener("forgotten", () => {
      if (chosen()) chosen().checked = false;
      clear();
    });
  }
});
