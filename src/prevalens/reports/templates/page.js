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
    const alarmed = share * sensitivity + (1 - share) * (1 - specificity);
    // So many images that ten of them or more are positive, told as whole images.
    const base = [1e3, 1e4, 1e5, 1e6].find((count) => count * share >= 10) || 1e7;
    const count = (part) => Math.round(base * part).toLocaleString("en");
    const ill = Math.round(base * share), found = Math.round(base * share * sensitivity);
    at("x-threshold").textContent = data.thresholds[place].toPrecision(3);
    at("x-prevalence").textContent = percent(share);
    at("x-told").textContent =
      "Sensitivity " + percent(sensitivity) + " (" + limits(data.sensitivity, place) + "), specificity " +
      percent(specificity) + " (" + limits(data.specificity, place) + "). On these rows: " + tp + " found, " +
      (data.positives - tp) + " missed, " + fp + " false alarms, " + (data.negatives - fp) + " cleared. " +
      "Of " + count(1) + " images, " + percent(share) + " of them " + data.classes[1] + " (counts are rounded): " +
      found.toLocaleString("en") + " found, " + (ill - found).toLocaleString("en") + " missed, " +
      count((1 - share) * (1 - specificity)) + " false alarms; " +
      (alarmed > 0 ? percent((share * sensitivity) / alarmed) + " of alarms are right." : "no alarm.");
  };
  threshold.max = data.thresholds.length - 1;
  threshold.addEventListener("input", () => draw(now));
  prevalence.addEventListener("input", () => draw((now = moved())));
  at("x-back").addEventListener("click", reset);
  at("explorer").hidden = false;
  reset();
})();
