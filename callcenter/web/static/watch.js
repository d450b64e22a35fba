// The watch page: shows the newest picture of the call centre; asks for nothing, decides nothing.
"use strict";
(() => {
  const words = JSON.parse(document.body.dataset.words);
  const locale = document.body.dataset.lang === "en" ? "en-GB" : "vi-VN";
  const at = (id) => document.getElementById(id);
  const clock = new Intl.DateTimeFormat(locale, { timeStyle: "medium", timeZone: "Asia/Ho_Chi_Minh" });

  const element = (tag, className, text) => {
    const made = document.createElement(tag);
    if (className) made.className = className;
    if (text !== undefined) made.textContent = text; // never HTML: transcripts are the caller's words
    return made;
  };
  const duration = (seconds) => {
    const whole = Math.max(0, Math.round(seconds));
    return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
  };
  const seconds = (value) => value === null || value === undefined ? "–"
    : `${new Intl.NumberFormat(locale, { maximumFractionDigits: 1 }).format(value)} s`;
  const percent = (value) => value === null || value === undefined ? "–"
    : new Intl.NumberFormat(locale, { style: "percent", maximumFractionDigits: 0 }).format(value);
  const tile = (name, text, alert) => {
    at(`tile-${name}`).firstElementChild.textContent = text;
    at(`tile-${name}`).classList.toggle("alert", Boolean(alert));
  };

  const showLink = (switchboard) => {
    const link = at("link");
    const up = switchboard && switchboard.link === "up";
    link.classList.toggle("down", !up);
    link.textContent = !switchboard ? words["watch.away"] : up ? words["watch.link_up"] : words["watch.link_down"];
  };
  const showTiles = (switchboard, tickets) => {
    const calls = switchboard ? switchboard.calls : [];
    const waiting = calls.filter((call) => call.state === "waiting" || call.state === "offered");
    const longest = waiting.reduce((most, call) => Math.max(most, call.waited_s || 0), 0);
    const all = switchboard ? switchboard.statistics.total : {};
    tile("waiting", switchboard ? waiting.length : "–");
    tile("talking", switchboard ? calls.filter((call) => call.state === "talking").length : "–");
    tile("longest", waiting.length ? duration(longest) : "–", longest > 60);
    tile("asa", seconds(all.asa_s));
    tile("service_level", percent(all.service_level), all.service_level !== null && all.service_level < 0.8);
    tile("answered", all.answered ?? "–");
    tile("abandoned", all.abandoned ?? "–", all.abandoned > 0);
    tile("tickets", tickets ? tickets.today : "–");
  };
  const desk = (seat) => {
    const item = element("li");
    const tone = seat.state !== "logged_out" && !seat.reachable ? "paused" : seat.state;
    item.style.setProperty("--tone", `var(--${tone})`);
    const who = element("div", "who");
    who.append(element("span", "", seat.agent), element("span", "", duration(seat.since_s)));
    const reason = seat.reason ? ` · ${words[`reason.${seat.reason}`] || seat.reason}` : "";
    const gone = seat.state !== "logged_out" && !seat.reachable ? ` · ${words["watch.unreachable"]}` : "";
    item.append(who, element("div", "name", seat.name), element("div", "state", words[`state.${seat.state}`] + reason + gone));
    return item;
  };
  const showDesks = (switchboard) => {
    const desks = switchboard ? switchboard.desks : [];
    const seated = desks.filter((seat) => seat.state !== "logged_out").length;
    at("desks-count").textContent = switchboard ? `${seated}/${desks.length}` : "";
    at("desks").replaceChildren(...(desks.length ? desks.map(desk) : [element("li", "empty", words["watch.no_desks"])]));
  };
  const showQueue = (switchboard) => {
    const waiting = (switchboard ? switchboard.calls : [])
      .filter((call) => call.state === "waiting" || call.state === "offered")
      .sort((a, b) => b.waited_s - a.waited_s);
    const rows = waiting.slice(0, 20).map((call, index) => {
      const row = element("li");
      row.append(element("span", "place", index + 1), element("span", "", call.queue || ""), element("span", "wait", duration(call.waited_s)));
      return row;
    });
    at("queue").replaceChildren(...(rows.length ? rows : [element("li", "empty", words["watch.nobody_waits"])]));
  };
  const showTickets = (tickets) => {
    const rows = (tickets ? tickets.latest : []).map((ticket) => {
      const row = element("tr");
      const text = ticket.text || (ticket.transcript_status === "pending" ? words["watch.transcript_pending"] : words["watch.transcript_none"]);
      row.append(
        element("td", "code", ticket.code), element("td", "time", clock.format(new Date(ticket.opened_at))),
        element("td", "", ticket.alias), element("td", "", ticket.state_text), element("td", "", ticket.operator || "–"),
        element("td", ticket.text ? "" : "empty", text));
      return row;
    });
    if (!rows.length) {
      const row = element("tr");
      const cell = element("td", "empty", words["watch.no_tickets"]);
      cell.colSpan = 6;
      row.append(cell);
      rows.push(row);
    }
    at("tickets").replaceChildren(...rows);
  };
  const show = ({ switchboard, tickets }) => {
    showLink(switchboard);
    showTiles(switchboard, tickets);
    showDesks(switchboard);
    showQueue(switchboard);
    showTickets(tickets);
  };

  const stream = new EventSource("/stream");
  stream.addEventListener("picture", (event) => show(JSON.parse(event.data)));
  stream.addEventListener("error", () => showLink(null)); // it reconnects by itself
})();
