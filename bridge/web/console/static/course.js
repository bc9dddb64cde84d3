// Draws the course of the lag; its numbers stand in a table beside it.
"use strict";

(() => {
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const inUtc = (seconds) => uPlot.tzDate(new Date(seconds * 1000), "Etc/UTC");

  function drawn(box) {
    const course = JSON.parse(box.dataset.course);
    const line = (label, name) => ({ label, stroke: colour(name), width: 2, points: { show: course.length < 3 } });
    const axis = { stroke: colour("--quiet"), font: "11px system-ui", ticks: { show: false }, grid: { show: false } };
    const across = { stroke: colour("--line"), width: 1 };
    const options = {
      width: box.clientWidth,
      height: 110,
      tzDate: inUtc,
      cursor: { show: false },
      legend: { show: false },
      scales: { y: { range: (chart, least, most) => [0, Math.max(most, 1)] } },
      axes: [
        { ...axis, size: 20, values: (chart, moments) => moments.map((moment) => clock(inUtc(moment))) },
        { ...axis, size: 40, grid: across, space: 30, values: (chart, seconds) => seconds.map((value) => `${value} s`) },
      ],
      series: [{}, line("p50", "--good"), line("p95", "--busy")],
    };
    new uPlot(options, [0, 1, 2].map((place) => course.map((point) => point[place])), box);
  }

  const clock = (moment) => [moment.getHours(), moment.getMinutes()].map((part) => `${part}`.padStart(2, "0")).join(":");

  function draw() {
    for (const box of document.querySelectorAll("[data-course]")) if (!box.firstChild) drawn(box);
  }

  function anew() {
    for (const box of document.querySelectorAll("[data-course]")) box.replaceChildren();
    draw();
  }

  draw();
  document.addEventListener("htmx:afterSwap", draw);
  window.addEventListener("resize", anew);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", anew);
})();
