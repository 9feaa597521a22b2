"use strict";
(() => {
  const form = document.getElementById("filters");
  const text = document.getElementById("text");
  const chapter = document.getElementById("chapter");
  const boxes = [...form.querySelectorAll("input[name=outcome]")];
  const verdicts = [...document.querySelectorAll("details.verdict")];
  const sections = [...document.querySelectorAll("section.chapter")];
  const causes = [...document.querySelectorAll(".cause")];
  const elsewhere = [...document.querySelectorAll(".elsewhere")];
  const words = new Map();

  // What a verdict says in all, read only once somebody searches.
  const said = (verdict) => {
    if (!words.has(verdict)) words.set(verdict, verdict.textContent.toLowerCase());
    return words.get(verdict);
  };

  const apply = () => {
    const wanted = text.value.toLowerCase().split(/\s+/).filter(Boolean);
    const outcomes = boxes.filter((box) => box.checked).map((box) => box.value);
    let shown = 0;
    for (const verdict of verdicts) {
      const fits =
        (!chapter.value || verdict.dataset.chapter === chapter.value) &&
        (!outcomes.length || outcomes.includes(verdict.dataset.outcome)) &&
        wanted.every((word) => said(verdict).includes(word));
      verdict.hidden = !fits;
      shown += fits;
    }
    // What failed is told once, at the top: in its chapter a line leads there.
    for (const line of elsewhere) {
      line.hidden = document.getElementById(line.dataset.of).hidden;
    }
    const filtered = wanted.length || outcomes.length || chapter.value;
    for (const cause of causes) {
      const more = cause.querySelector("details.more");
      const fits = (element) => element && element.querySelector("details.verdict:not([hidden])");
      cause.hidden = !fits(cause);
      if (more) {
        more.hidden = !fits(more);
        if (filtered) more.open = true;
      }
    }
    const failures = document.getElementById("failures");
    if (failures) failures.hidden = causes.every((cause) => cause.hidden);
    for (const section of sections) {
      section.hidden = !section.querySelector("details.verdict:not([hidden]), .elsewhere:not([hidden])");
    }
    document.getElementById("nothing").hidden = shown > 0;
    document.getElementById("shown").textContent = `${shown} of ${verdicts.length} shown`;
  };

  // A link to a verdict opens it, whatever the filters hide.
  const visit = () => {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target || !target.matches("details.verdict, section.chapter")) return;
    if (target.hidden) {
      form.reset();
      apply();
    }
    if (target.matches("details")) target.open = true;
    const more = target.closest("details.more");
    if (more) more.open = true;
    target.scrollIntoView();
    target.querySelector("summary, a").focus({ preventScroll: true });
  };

  const turn = (open) => {
    for (const verdict of verdicts) if (!verdict.hidden) verdict.open = open;
    for (const more of document.querySelectorAll("details.more")) more.open = open;
  };

  const copy = async (button) => {
    const code = button.closest("figure").querySelector("code");
    const range = document.createRange();
    range.selectNodeContents(code);
    getSelection().removeAllRanges();
    getSelection().addRange(range);
    let done = true;
    try {
      await navigator.clipboard.writeText(code.textContent);
    } catch {
      done = document.execCommand("copy");
    }
    const label = button.firstChild;
    label.data = done ? "Copied" : "Selected";
    setTimeout(() => (label.data = "Copy"), 1500);
  };

  for (const button of document.querySelectorAll("button.copy")) {
    button.hidden = false;
    button.addEventListener("click", () => copy(button));
  }
  form.addEventListener("input", apply);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(apply));
  document.getElementById("open").addEventListener("click", () => turn(true));
  document.getElementById("close").addEventListener("click", () => turn(false));
  addEventListener("hashchange", visit);

  // Paper cannot be opened: what went wrong and what the reader opened is, with all that is in it.
  let closed = [];
  addEventListener("beforeprint", () => {
    const whole = "details.verdict:is(.fail, .warning, .inconclusive, [open])";
    const inside = `${whole}, ${whole} details, details.more`;
    closed = [...document.querySelectorAll(inside)].filter((details) => !details.open);
    for (const details of closed) details.open = true;
  });
  addEventListener("afterprint", () => {
    for (const details of closed) details.open = false;
  });

  form.hidden = false;
  apply();
  visit();
})();
