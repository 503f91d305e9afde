"use strict";
(() => {
  const held = document.getElementById("explorer-data");
  for (const link of document.querySelectorAll("nav a")) {
    link.addEventListener("click", () => {
      const folded = document.querySelector(link.getAttribute("href") + " details");
      if (folded) folded.open = true;
    });
  }
  addEventListener("beforeprint", () => {
    for (const folded of document.querySelectorAll("details")) folded.open = true;
  });
  if (!held) return;
  const data = JSON.parse(held.textContent);
  const at = (id) => document.getElementById(id);
  const threshold = at("in-threshold"), prevalence = at("in-prevalence");
  const percent = (share) => {
    const value = 100 * share;
    return (value < 1 && value > 0 ? value.toPrecision(2) : value.toFixed(1)) + " %";
  };
  const nearest = data.thresholds.reduce(
    (best, value, place) =>
      Math.abs(value - data.threshold) < Math.abs(data.thresholds[best] - data.threshold) ? place : best,
    0,
  );
  // The slider has steps; the report's own prevalence is kept as it is until the slider moves.
  let now = data.prevalence;
  const reset = () => {
    threshold.value = nearest;
    prevalence.value = Math.log(data.prevalence / (1 - data.prevalence));
    draw((now = data.prevalence));
  };
  const limits = (pair, place) =>
    pair[0][place] === null || pair[1][place] === null
      ? "no interval"
      : percent(pair[0][place]) + " to " + percent(pair[1][place]);
  const moved = () => 1 / (1 + Math.exp(-Number(prevalence.value)));
  const draw = (share) => {
    const place = Number(threshold.value);
    const tp = data.tp[place], fp = data.fp[place];
    const sensitivity = tp / data.positives, specificity = 1 - fp / data.negatives;
    const found = 1000 * share * sensitivity, alarms = 1000 * (1 - share) * (1 - specificity);
    const ppv = found / (found + alarms);
    at("x-threshold").textContent = data.thresholds[place].toPrecision(3);
    at("x-prevalence").textContent = percent(share);
    at("x-told").textContent =
      "Sensitivity " + percent(sensitivity) + " (" + limits(data.sensitivity, place) + "), specificity " +
      percent(specificity) + " (" + limits(data.specificity, place) + "). On these rows: " + tp + " found, " +
      (data.positives - tp) + " missed, " + fp + " false alarms, " + (data.negatives - fp) + " cleared. " +
      "Of 1,000 images where " + percent(share) + " are " + data.classes[1] + ": " + found.toFixed(1) +
      " found, " + (1000 * share - found).toFixed(1) + " missed, " + alarms.toFixed(1) + " false alarms; " +
      (found + alarms > 0 ? percent(ppv) + " of alarms are right." : "no alarm.");
  };
  threshold.max = data.thresholds.length - 1;
  threshold.addEventListener("input", () => draw(now));
  prevalence.addEventListener("input", () => draw((now = moved())));
  at("x-back").addEventListener("click", reset);
  at("explorer").hidden = false;
  reset();
})();
