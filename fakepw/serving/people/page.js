// Calls as they come, and what else has changed meanwhile. The page is whole without this.
"use strict";

const body = document.body;
const lines = document.getElementById("lines");
const status = document.getElementById("status");
const reset = document.getElementById("reset");
const SHOWN = Number(body.dataset.shown);
// What is fetched anew: parts of this page, by their ids.
const PARTS = ["facts", "steered", "rows", "dropped"];

const say = (text) => { if (status.textContent !== text) status.textContent = text };

function cell(row, text, tag) {
  const place = row.insertCell();
  const inside = tag ? place.appendChild(document.createElement(tag)) : place;
  inside.textContent = text;
  return place;
}

function add(call) {
  const row = lines.insertRow(0);
  row.className = call.good ? "good" : "bad";
  cell(row, call.number);
  cell(row, call.when);
  cell(row, call.who, "bdi");
  const asked = cell(row, call.asked, "code");
  for (const text of call.remarks) {
    asked.appendChild(document.createElement("p")).textContent = text;
  }
  const answered = cell(row, call.answered, "code");
  if (call.rule) {
    answered.append(" by ");
    answered.appendChild(document.createElement("code")).textContent = call.rule;
  }
  cell(row, call.ms);
  while (lines.rows.length > SHOWN) lines.deleteRow(-1);
}

let due = 0;
function refreshSoon() {
  if (!due) due = setTimeout(refresh, 300);
}

async function refresh() {
  clearTimeout(due);
  due = 0;
  if (document.hidden) return;
  try {
    const where = new URL(location.href);
    where.searchParams.set("calls", "no"); // they come by themselves
    const answer = await fetch(where, { cache: "no-store" });
    if (!answer.ok) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const id of PARTS) {
      const [here, there] = [document, fresh].map((each) => each.getElementById(id));
      if (here.innerHTML === there.innerHTML || here.contains(document.activeElement)) continue;
      here.replaceChildren(...document.importNode(there, true).childNodes);
    }
  } catch {
    // that it is gone, the events say
  }
}

const events = new EventSource(`calls/events?after=${body.dataset.last}`);
events.onopen = () => say("Live");
events.onerror = () => say(events.readyState === EventSource.CLOSED ? "Stopped" : "Not connected");
events.onmessage = (event) => {
  add(JSON.parse(event.data));
  refreshSoon();
};
events.addEventListener("reset", () => {
  lines.replaceChildren();
  refreshSoon();
});
setInterval(refresh, 3000);
document.addEventListener("visibilitychange", refresh);

reset.hidden = false;
reset.addEventListener("click", async () => {
  if (!confirm("Reset rows, journal, rules, clock and snapshots to the start?")) return;
  try {
    const answer = await fetch("reset", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
    });
    say(answer.ok ? "Reset" : `Not reset: ${(await answer.json()).error}`);
  } catch {
    say("Not reset: the server does not answer");
  }
});
