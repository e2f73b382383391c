"use strict";
/* What-if sliders. Averages the outcome over weighted points in every draw, before and after answers move, as
   drivers/stats/gcomputation.py does; the numbers come from the JSON in each panel. No network, no storage. */
(function () {
  var MINUS = "\u2212", NO_BREAK = "\u00a0";

  /* Standard normal distribution function to double precision: Hart (1968) as given by West (2005), Wilmott, May. */
  function normal(x) {
    var a = Math.abs(x), below, up, down;
    if (a > 37) return x > 0 ? 1 : 0;
    var e = Math.exp(-a * a / 2);
    if (a < 7.07106781186547) {
      up = ((((((3.52624965998911e-2 * a + 0.700383064443688) * a + 6.37396220353165) * a + 33.912866078383) * a
        + 112.079291497871) * a + 221.213596169931) * a + 220.206867912376);
      down = (((((((8.83883476483184e-2 * a + 1.75566716318264) * a + 16.064177579207) * a + 86.7807322029461) * a
        + 296.564248779674) * a + 637.333633378831) * a + 793.826512519948) * a + 440.413735824752);
      below = e * up / down;
    } else {
      below = e / (a + 1 / (a + 2 / (a + 3 / (a + 4 / (a + 0.65))))) / 2.506628274631;
    }
    return x > 0 ? 1 - below : below;
  }

  function logistic(x) { return 1 / (1 + Math.exp(-x)); }

  /* Weights of every point in every draw: those of the group, tilted to means and squares of drivers in the draw. */
  function weigh(data, group) {
    var sliders = data.sliders, kept = [], i, j;
    for (i = 0; i < group.weight.length; i++) if (group.weight[i] > 0) kept.push(i);
    var values = sliders.map(function (slider, at) {
      return kept.map(function (point) { return slider.values[data.points[at][point]]; });
    });
    var draws = group.tilt.map(function (tilt) {
      return kept.map(function (point, place) {
        var far = 0;
        for (j = 0; j < values.length; j++) {
          var off = values[j][place] - group.centre[j];
          far += off * (tilt[j] + off * tilt[j + values.length]);
        }
        return group.weight[point] * Math.exp(far);
      });
    });
    return { values: values, draws: draws };
  }

  /* Averages (draws, measures) of an outcome over weighted points whose answers are `values`. */
  function averages(outcome, weighed, values) {
    var above = outcome.probit ? normal : logistic, width = outcome.measures.length;
    return weighed.draws.map(function (weights, d) {
      var slopes = outcome.slopes[d], cuts = outcome.cuts[d], total = 0, sums = new Array(width).fill(0), k, j, i;
      for (i = 0; i < weights.length; i++) {
        var eta = outcome.offset[d];
        for (j = 0; j < slopes.length; j++) eta += values[j][i] * slopes[j];
        total += weights[i];
        var beyond = cuts.map(function (cut) { return above(eta - cut); });
        for (k = 0; k < width; k++) {
          var measure = outcome.measures[k], worth = measure.rise ? measure.base : eta;
          if (measure.rise) for (j = 0; j < beyond.length; j++) worth += measure.rise[j] * beyond[j];
          sums[k] += weights[i] * worth;
        }
      }
      return sums.map(function (sum) { return sum / total; });
    });
  }

  function clip(slider, value) {
    return Math.min(Math.max(value, slider.low), slider.high);
  }

  function mean(values) { return values.reduce(function (a, b) { return a + b; }, 0) / values.length; }

  function quantile(sorted, p) {
    var at = p * (sorted.length - 1), low = Math.floor(at), high = Math.min(low + 1, sorted.length - 1);
    return sorted[low] + (at - low) * (sorted[high] - sorted[low]);
  }

  /* Now, then, change, and the ends of its inner and outer interval, by measure. */
  function ends(before, after, level) {
    return before[0].map(function (_, k) {
      var now = mean(before.map(function (row) { return row[k]; }));
      var changes = before.map(function (row, d) { return after[d][k] - row[k]; });
      var change = mean(changes), sorted = changes.slice().sort(function (a, b) { return a - b; });
      return [now, now + change, change].concat([0.25, 0.75, (1 - level) / 2, (1 + level) / 2].map(function (p) {
        return quantile(sorted, p);
      }));
    });
  }

  function plain(value, digits) {
    var text = Math.abs(value).toFixed(digits);
    return (value < 0 && /[1-9]/.test(text) ? MINUS : "") + text;
  }

  function signed(value, digits) {
    var text = plain(value, digits);
    return value > 0 && /[1-9]/.test(text) ? "+" + text : text;
  }

  function points(value) { return Math.abs(value) === 1 ? " point" : " points"; }

  function start(panel) {
    var data = JSON.parse(panel.querySelector("script").textContent);
    var ranges = Array.from(panel.querySelectorAll("input[type=range]"));
    var select = panel.querySelector("select"), bodies = Array.from(panel.querySelectorAll("tbody"));
    var spoken = panel.querySelector("[role=status]"), known = {}, waiting = 0, saying = 0;
    var level = Math.round(data.level * 100) + NO_BREAK + "%", inner = "50" + NO_BREAK + "%";

    data.outcomes.forEach(function (outcome, o) {
      outcome.measures.forEach(function (measure) {
        var row = bodies[o].insertRow(), head = document.createElement("th");
        head.scope = "row";
        head.textContent = measure.name;
        row.appendChild(head);
        for (var i = 0; i < 3; i++) row.insertCell();
      });
    });

    function group() { return select ? Number(select.value) : 0; }

    function at(place) { /* what is known of a group: its weights and its averages today */
      if (!known[place]) {
        var weighed = weigh(data, data.groups[place]);
        known[place] = { weighed: weighed, before: data.outcomes.map(function (outcome) {
          return averages(outcome, weighed, weighed.values);
        }) };
      }
      return known[place];
    }

    function label(range, slider, weighed, moved, place) {
      var by = Number(range.value), shares = data.groups[place].weight.filter(function (w) { return w > 0; });
      var total = shares.reduce(function (a, b) { return a + b; }, 0), got = 0;
      shares.forEach(function (w, i) { got += w * (moved[i] - weighed[i]) / total; });
      got *= slider.better;
      var digits = Number(range.step) >= 1 ? 0 : Number(range.step) >= 0.1 ? 1 : 2;
      var asked = by === 0 ? "as today" : signed(by, digits) + points(by) + (by > 0 ? " better" : " worse");
      if (by !== 0) asked += "; " + signed(got, 2) + " possible";
      range.setAttribute("aria-valuetext", asked);
      range.parentNode.querySelector(".moved").textContent = asked;
    }

    function show() {
      waiting = 0;
      var place = group(), here = at(place);
      var moved = data.sliders.map(function (slider, j) {
        var by = slider.better * Number(ranges[j].value);
        var after = here.weighed.values[j].map(function (value) { return clip(slider, value + by); });
        label(ranges[j], slider, here.weighed.values[j], after, place);
        return after;
      });
      var still = ranges.every(function (range) { return Number(range.value) === 0; }), said = [];
      data.outcomes.forEach(function (outcome, o) {
        var after = still ? here.before[o] : averages(outcome, here.weighed, moved);
        ends(here.before[o], after, data.level).forEach(function (found, k) {
          said.push(write(bodies[o].rows[k], outcome, outcome.measures[k], found));
        });
      });
      clearTimeout(saying);
      var who = data.groups[place];
      saying = setTimeout(function () {
        spoken.textContent = who.label + ". " + (still ? "Nothing moves." : said.join("; ") + ".");
      }, 500);
    }

    function write(row, outcome, measure, found) {
      var shown = found.map(function (value) { return value * measure.factor; }), digits = measure.digits;
      if (shown[5] !== shown[6]) while (digits < 4 && shown[5].toFixed(digits) === shown[6].toFixed(digits)) digits++;
      var range = function (a, b) { return signed(shown[a], digits) + " to " + signed(shown[b], digits); };
      row.dataset.numbers = JSON.stringify(found);
      row.cells[1].textContent = plain(shown[0], digits);
      row.cells[2].textContent = plain(shown[1], digits);
      row.cells[3].textContent = "";
      [signed(shown[2], digits), inner + ": " + range(3, 4), level + ": " + range(5, 6)].forEach(function (line, i) {
        row.cells[3].appendChild(document.createElement(i ? "span" : "strong")).textContent = line;
      });
      return outcome.label + " " + measure.name + " " + signed(shown[2], digits) + " (" + level + " " + range(5, 6) + ")";
    }

    function soon() { if (!waiting) waiting = requestAnimationFrame(show); }

    ranges.forEach(function (range) { range.addEventListener("input", soon); });
    if (select) select.addEventListener("change", soon);
    panel.querySelector("button").addEventListener("click", function () {
      ranges.forEach(function (range) { range.value = 0; });
      soon();
    });
    panel.hidden = false;
    show();
  }

  document.querySelectorAll("[data-panel]").forEach(start);
})();
