package browser

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	cdppage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/performance"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"imgrename/report/page"
)

// browser is the one browser of all tests. Each has a tab of its own.
var browser context.Context

func TestMain(m *testing.M) {
	code, err := withBrowser(m.Run)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func withBrowser(run func() int) (code int, err error) {
	path, err := exec.LookPath("chromium")
	if err != nil {
		return 0, errors.New("chromium is missing: install Debian's package")
	}
	options := append(
		chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.WSURLReadTimeout(time.Minute),
	)
	ctx, stop := chromedp.NewExecAllocator(context.Background(), options...)
	defer stop()
	browser, stop = chromedp.NewContext(ctx)
	defer stop()
	if err := chromedp.Run(browser); err != nil { // starts it
		return 0, fmt.Errorf("chromium: %w", err)
	}
	return run(), nil
}

// A tab is an open page and what its browser had to complain about.
type tab struct {
	testing.TB
	ctx context.Context
	mu  sync.Mutex
	// wrong are console messages, exceptions, dialogs, and requests to anywhere.
	wrong []string
}

// open opens a page in a browser that speaks a language, in a window of a size.
func open(t testing.TB, p *page.Page, language string, width, height int64) *tab {
	t.Helper()
	ctx, stopTab := chromedp.NewContext(browser)
	t.Cleanup(stopTab)
	ctx, stopTimer := context.WithTimeout(ctx, 5*time.Minute)
	t.Cleanup(stopTimer)
	b := &tab{TB: t, ctx: ctx}
	chromedp.ListenTarget(ctx, b.listen)
	b.do(
		network.Enable(), log.Enable(), runtime.Enable(),
		emulation.SetUserAgentOverride("test").WithAcceptLanguage(language),
		emulation.SetDeviceMetricsOverride(width, height, 1, false),
		cdppage.BringToFront(), // a hidden tab draws nothing
		chromedp.Navigate("file://"+file(t, p, ".html")),
	)
	t.Cleanup(func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		for _, w := range b.wrong {
			t.Error(w)
		}
	})
	return b
}

func (b *tab) listen(event any) {
	complaint := ""
	switch e := event.(type) {
	case *runtime.EventConsoleAPICalled:
		complaint = fmt.Sprintf("console: %s", e.Args[0].Value)
	case *runtime.EventExceptionThrown:
		complaint = e.ExceptionDetails.Error()
	case *log.EventEntryAdded:
		complaint = "log: " + e.Entry.Text
	case *cdppage.EventJavascriptDialogOpening:
		complaint = "dialog: " + e.Message
	case *network.EventRequestWillBeSent:
		if !strings.HasPrefix(e.Request.URL, "file:///") && e.Request.URL != "data:," {
			complaint = "request: " + e.Request.URL
		}
	}
	if complaint != "" {
		b.mu.Lock()
		b.wrong = append(b.wrong, complaint)
		b.mu.Unlock()
	}
}

func (b *tab) do(actions ...chromedp.Action) {
	b.Helper()
	if err := chromedp.Run(b.ctx, actions...); err != nil {
		b.Fatal(err)
	}
}

// ask returns the value of an expression.
func ask[T any](b *tab, expression string) (answer T) {
	b.Helper()
	await := func(p *runtime.EvaluateParams) *runtime.EvaluateParams { return p.WithAwaitPromise(true) }
	b.do(chromedp.Evaluate(expression, &answer, await))
	return answer
}

func (b *tab) typeKeys(keys string) {
	b.Helper()
	b.do(chromedp.SendKeys("#filter", keys, chromedp.ByID))
}

// visibleRows counts rows once the browser has had time for those off the screen. A
// busy machine may never be idle.
const visibleRows = `new Promise(done => {
	const visible = () => [...document.querySelectorAll('.chunk li')].filter(e => e.checkVisibility()).length;
	const settled = (count, times) => requestIdleCallback(() => {
		const now = visible();
		if (now === count && times === 3) return done(now);
		settled(now, now === count ? times + 1 : 0);
	}, {timeout: 10000});
	settled(-1, 0);
})`

func TestFilter(t *testing.T) {
	b := open(t, large(1000), "en", 1280, 800)
	for _, step := range []struct {
		keys string
		want int
	}{
		{"packer-web-00", 333}, {kb.Escape, -1}, {"region-7 WEB", 83}, {kb.Escape, -1}, {"nothing has this", 0},
	} {
		b.typeKeys(step.keys)
		if step.want < 0 {
			continue
		}
		if got := ask[int](b, visibleRows); got != step.want {
			t.Errorf("%q: %d rows, want %d", step.keys, got, step.want)
		}
		if got := ask[string](b, `document.getElementById('count').textContent`); got != fmt.Sprint(step.want) {
			t.Errorf("%q: %s rows are counted, want %d", step.keys, got, step.want)
		}
	}
	b.typeKeys(kb.Escape)
	b.do(chromedp.Click("#unfold", chromedp.ByID))
	if got := ask[int](b, visibleRows); got != 1000 {
		t.Errorf("%d rows without a filter", got)
	}
}

// A filter unfolds what has hits. Without it the groups are as they were.
func TestFold(t *testing.T) {
	b := open(t, large(1000), "en", 1280, 800)
	const unfolded = `[...document.querySelectorAll('#rows details')].map(e => e.open ? 1 : 0).join('')`
	if got := ask[string](b, unfolded); got != "111000" {
		t.Errorf("at first: %s", got)
	}
	b.typeKeys("packer-api")
	if got := ask[string](b, unfolded); got[4] != '1' {
		t.Errorf("with hits: %s", got)
	}
	b.typeKeys(kb.Escape)
	if got := ask[string](b, unfolded); got != "111000" {
		t.Errorf("afterwards: %s", got)
	}
	b.do(chromedp.Focus("#rows details:last-of-type summary"), chromedp.KeyEvent(kb.Enter))
	if got := ask[string](b, unfolded); got != "111001" {
		t.Errorf("by keyboard: %s", got)
	}
	b.do(chromedp.Click("#fold", chromedp.ByID))
	if got := ask[string](b, unfolded); got != "000000" {
		t.Errorf("folded: %s", got)
	}
}

func TestSlashGoesToTheFilter(t *testing.T) {
	b := open(t, large(100), "en", 1280, 800)
	b.do(chromedp.KeyEvent("/"))
	if got := ask[string](b, `document.activeElement.id`); got != "filter" {
		t.Errorf("focus is on %q", got)
	}
}

func TestLanguage(t *testing.T) {
	const heading = `document.querySelector('#looks h2').innerText`
	for browser, want := range map[string][2]string{
		"en-US": {"Look at these", "请看这些"}, "zh-CN": {"请看这些", "Look at these"}, "de": {"Look at these", "请看这些"},
	} {
		b := open(t, large(100), browser, 1280, 800)
		first := ask[string](b, heading)
		b.do(chromedp.Click("#language", chromedp.ByID))
		if second := ask[string](b, heading); first != want[0] || second != want[1] {
			t.Errorf("%s: %q, then %q", browser, first, second)
		}
	}
}

// Whoever opens the page sees the verdict and the outliers without scrolling.
func TestOutliersAboveTheFold(t *testing.T) {
	b := open(t, large(504), "en", 1280, 800)
	const bottom = `document.querySelector('#looks li:nth-child(3)').getBoundingClientRect().bottom`
	if got := ask[float64](b, bottom); got > 800 {
		t.Errorf("the third outlier ends at %v", got)
	}
}

// A phone scrolls in one direction only.
func TestNarrow(t *testing.T) {
	for _, p := range []*page.Page{applied(large(504)), hostile()} {
		b := open(t, p, "en", 360, 740)
		b.do(chromedp.Click("#unfold", chromedp.ByID))
		if got := ask[int](b, `document.documentElement.scrollWidth`); got > 360 {
			t.Errorf("%d pixels wide: %s", got, ask[string](b, `[...document.querySelectorAll('body *')].filter(e => e.getBoundingClientRect().right > 361).map(e => e.tagName + '.' + e.className).slice(0, 9).join(' ')`))
		}
	}
}

// Whatever values are, they are shown as text and nothing runs.
func TestHostile(t *testing.T) {
	b := open(t, hostile(), "en", 1280, 800)
	if ask[bool](b, `'harmed' in window`) {
		t.Error("a value ran")
	}
	values := ask[[]string](b, `[...document.querySelectorAll('code.v')].map(e => e.childNodes.length === 1 ? e.firstChild.data : 'parted: ' + e.innerHTML)`)
	seen := make(map[string]bool)
	for _, v := range values {
		seen[v] = true
		if strings.HasPrefix(v, "parted") {
			t.Error(v)
		}
	}
	for _, v := range poison {
		if v = printable(v); !seen[v] {
			t.Errorf("%q is not shown", v)
		}
	}
	if got := ask[int](b, `document.querySelectorAll('img, iframe, a, script:not(:last-child), link:not([href="data:,"])').length`); got != 0 {
		t.Errorf("%d elements that the page does not have", got)
	}
}

// What is unlike the rule is marked behind a near miss, which stays one text.
func TestMarks(t *testing.T) {
	b := open(t, large(504), "en", 1280, 800)
	const marked = `[...CSS.highlights.get('changed')].filter(r => r.startContainer.parentNode.closest('#looks')).map(r => r.startContainer.data.slice(r.startOffset, r.endOffset)).join(' ')`
	if got := ask[string](b, marked); got != "2025 2025 2025" {
		t.Errorf("marked: %q", got)
	}
}

// axe-core finds nothing serious, in either scheme and language.
func TestAccessible(t *testing.T) {
	axe, err := os.ReadFile("node_modules/axe-core/axe.min.js")
	if err != nil {
		t.Fatal("axe-core is missing: npm ci")
	}
	for _, scheme := range []string{"light", "dark"} {
		for _, language := range []string{"en", "zh-CN"} {
			b := open(t, applied(large(100)), language, 1280, 800)
			b.do(emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}))
			ask[bool](b, string(axe)+"\n;true")
			for _, v := range ask[[]string](b, `axe.run().then(r => r.violations.filter(v => v.impact === 'serious' || v.impact === 'critical')
				.map(v => v.id + ': ' + v.nodes.slice(0, 3).map(n => n.html + ' ' + n.failureSummary).join('; ')))`) {
				t.Errorf("%s, %s: %s", scheme, language, v)
			}
		}
	}
}

// What is printed has no controls, and all that is unfolded.
func TestPrint(t *testing.T) {
	b := open(t, large(504), "en", 1280, 800)
	b.do(emulation.SetEmulatedMedia().WithMedia("print"))
	if ask[bool](b, `document.getElementById('bar').checkVisibility() || document.getElementById('language').checkVisibility()`) {
		t.Error("controls are printed")
	}
	var pdf []byte
	b.do(chromedp.ActionFunc(func(ctx context.Context) (err error) {
		pdf, _, err = cdppage.PrintToPDF().Do(ctx)
		return err
	}))
	if !strings.HasPrefix(string(pdf), "%PDF-") {
		t.Errorf("no PDF but %d bytes", len(pdf))
	}
}

// busy is the processor time of the tab's main thread, in seconds.
func (b *tab) busy() (seconds float64) {
	b.do(chromedp.ActionFunc(func(ctx context.Context) error {
		metrics, err := performance.GetMetrics().Do(ctx)
		for _, m := range metrics {
			if m.Name == "TaskDuration" {
				seconds = m.Value
			}
		}
		return err
	}))
	return seconds
}

// BenchmarkFilter prints how long a key takes over 20,000 rows: from the key to
// the frame that shows what it found, and of the processor, with the work that is
// left for idle times.
func BenchmarkFilter(b *testing.B) {
	tab := open(b, large(20_000), "en", 1280, 800)
	ask[bool](tab, `document.getElementById('filter').focus(); true`)
	ask[int](tab, visibleRows) // it has become idle
	tab.do(performance.Enable().WithTimeDomain(performance.EnableTimeDomainThreadTicks))
	total, longest, keys := 0.0, 0.0, 0
	busy := tab.busy()
	for b.Loop() {
		took := ask[[]float64](tab, `(async () => {
			const input = document.getElementById('filter'), took = [];
			const words = ['', 'p', 'pa', 'pac', 'packer-w', 'packer-web', 'packer-web-1', 'packer-web-12', '', '7', '77', '777', ''];
			for (const word of words) {
				const start = performance.now();
				input.value = word;
				input.dispatchEvent(new Event('input'));
				await new Promise(done => requestAnimationFrame(() => { const c = new MessageChannel(); c.port1.onmessage = done; c.port2.postMessage(0); }));
				took.push(performance.now() - start);
			}
			return took;
		})()`)
		for _, ms := range took[1:] {
			total += ms
			longest = max(longest, ms)
			keys++
		}
	}
	b.ReportMetric((tab.busy()-busy)*1000/float64(keys), "cpu-ms/key")
	b.ReportMetric(total/float64(keys), "ms/key")
	b.ReportMetric(longest, "ms/slowest-key")
}

// A group with more hits than anybody reads stays folded, and unfolds once there are
// fewer; its hits are there if it is unfolded by hand.
func TestFilterOfMany(t *testing.T) {
	b := open(t, large(9000), "en", 1280, 800)
	open := `[...document.querySelectorAll('#rows details:not([hidden])')].filter(d => d.open && d.querySelectorAll('li').length > 1000).length`
	folded := ask[int](b, open)
	b.typeKeys("packer")
	if got := ask[int](b, open); got != folded {
		t.Errorf("%d large groups are unfolded, %d before", got, folded)
	}
	count := ask[string](b, `document.getElementById('count').textContent`)
	b.do(chromedp.Click("#unfold", chromedp.ByID))
	if got := ask[int](b, visibleRows); fmt.Sprint(got) != count || got < 1001 {
		t.Errorf("%d rows by hand, %s are counted", got, count)
	}
	b.do(chromedp.Click("#fold", chromedp.ByID))
	b.typeKeys("-web-0012")
	if got := ask[int](b, open); got == folded {
		t.Error("no large group is unfolded for a few hits")
	}
}
