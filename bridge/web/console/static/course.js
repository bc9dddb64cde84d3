// Draws the course of the lag; its numbers stand in a table beside it.
"use strict";

(() => {
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

  function drawn(box) {
    const course = JSON.parse(box.dataset.course);
    const line = (label, name) => ({ label, stroke: colour(name), width: 1.5, points: { show: false } });
    const options = {
      width: 180,
      height: 44,
      cursor: { show: false },
      legend: { show: false },
      axes: [{ show: false }, { show: false }],
      series: [{}, line("p50", "--good"), line("p95", "--busy")],
    };
    new uPlot(options, [0, 1, 2].map((place) => course.map((point) => point[place])), box);
  }

  function draw() {
    for (const box of document.querySelectorAll("[data-course]")) if (!box.firstChild) drawn(box);
  }

  draw();
  document.addEventListener("htmx:afterSwap", draw);
})();
