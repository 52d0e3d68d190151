"use strict";
// Hides the rows and cards that do not hold the words in the box; everything is readable without it.
const box = document.getElementById("filter");
box.hidden = false;
box.addEventListener("input", () => {
  const words = box.value.toLowerCase().split(/\s+/).filter(Boolean);
  for (const one of document.querySelectorAll("tbody tr, .finding")) {
    const text = one.textContent.toLowerCase();
    one.hidden = !words.every((word) => text.includes(word));
  }
});
