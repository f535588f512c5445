'use strict';
(() => {
  const root = document.documentElement;
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const one = id => document.getElementById(id);

  // The language: the browser's first, then the reader's choice.
  const speak = language => { root.lang = language; };
  speak(/^zh\b/i.test(navigator.language) ? 'zh-CN' : 'en');
  one('language').addEventListener('click', () => speak(root.lang === 'en' ? 'zh-CN' : 'en'));

  // Marks of what changes lie behind a value, whose text stays in one piece.
  // They are made when the value comes near the screen.
  const marks = window.Highlight && CSS.highlights ? new Highlight() : null;
  const mark = element => all('[data-m]', element).forEach(value => {
    const [from, to] = value.dataset.m.split(',').map(Number);
    const range = new StaticRange({
      startContainer: value.firstChild, startOffset: from, endContainer: value.firstChild, endOffset: to,
    });
    marks.add(range);
  });
  if (marks) {
    CSS.highlights.set('changed', marks);
    all('.rows:not(.chunk), .rule').forEach(mark);
    const near = new IntersectionObserver(entries => entries.filter(e => e.isIntersecting).forEach(e => {
      near.unobserve(e.target);
      mark(e.target);
    }), { rootMargin: '500px' });
    all('.chunk').forEach(chunk => near.observe(chunk));
  }

  // The filter. A chunk of rows off the screen costs nothing but its height.
  const rowHeight = 27;
  const groups = all('#rows details').map(details => ({
    details,
    chunks: all('.chunk', details).map(chunk => ({ chunk, rows: [...chunk.children], texts: null })),
  }));
  const read = part => {
    part.texts ??= part.rows.map(row => row.textContent.toLowerCase());
    return part.texts;
  };
  let before = null; // which groups were unfolded before there was a filter
  const show = () => {
    const words = one('filter').value.toLowerCase().split(/\s+/).filter(Boolean);
    const active = words.length > 0;
    if (active) before ??= groups.map(group => group.details.open);
    let total = 0;
    groups.forEach((group, g) => {
      let inGroup = 0;
      for (const part of group.chunks) {
        const texts = active ? read(part) : null;
        let inPart = 0;
        part.rows.forEach((row, i) => {
          const fits = !active || words.every(word => texts[i].includes(word));
          if (row.hidden === fits) row.hidden = !fits;
          if (fits) inPart++;
        });
        if (part.chunk.hidden !== (inPart === 0)) part.chunk.hidden = inPart === 0;
        if (part.shown !== inPart) part.chunk.style.containIntrinsicSize = `auto ${inPart * rowHeight}px`;
        part.shown = inPart;
        inGroup += inPart;
      }
      group.details.hidden = active && inGroup === 0;
      if (active && inGroup > 0) group.details.open = true;
      if (!active && before) group.details.open = before[g];
      total += inGroup;
    });
    if (!active) before = null;
    one('count').textContent = total;
  };
  one('bar').hidden = false;
  one('filter').addEventListener('input', show);
  const foldAll = open => groups.forEach(group => { group.details.open = open; });
  one('unfold').addEventListener('click', () => foldAll(true));
  one('fold').addEventListener('click', () => foldAll(false));
  document.addEventListener('keydown', event => {
    if (event.key === '/' && event.target !== one('filter')) {
      event.preventDefault();
      one('filter').focus();
    } else if (event.key === 'Escape' && event.target === one('filter')) {
      one('filter').value = '';
      show();
    }
  });
})();
