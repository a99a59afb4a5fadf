package mailout

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// TestNarrow opens each golden mail in Chromium on a telephone of 320 pixels and
// on a desk, light and dark: nothing may stick out at the right, the column is at
// most 600 pixels wide, and text stands out from the ground behind it (WCAG 2
// contrast of 4.5).
func TestNarrow(t *testing.T) {
	t.Parallel()
	binary := os.Getenv("CASECONSULTANT_TEST_CHROMIUM")
	if binary == "" {
		if os.Getenv("CASECONSULTANT_TEST_ALL") != "" {
			t.Fatal("CASECONSULTANT_TEST_CHROMIUM is not set: it is the path of chromium")
		}
		t.Skip("CASECONSULTANT_TEST_CHROMIUM is not set")
	}
	files, err := filepath.Glob(filepath.Join("testdata", "golden", "*.html"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no golden mails: %v", err)
	}
	allocator, cancel := chromedp.NewExecAllocator(t.Context(), append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(binary), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.Flag("disable-quic", true))...)
	defer cancel()
	ctx, cancel := chromedp.NewContext(allocator)
	defer cancel()
	ctx, cancel = context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()

	for _, file := range files {
		absolute, err := filepath.Abs(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, width := range []int64{320, 1280} {
			for _, scheme := range []string{"light", "dark"} {
				err := chromedp.Do(ctx,
					chromedp.EmulateViewport(width, 800),
					chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
						_, err := cdp.Call(ctx, tab, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
							Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}})
						return err
					}),
					chromedp.Navigate("file://"+absolute))
				if err != nil {
					t.Fatal(err)
				}
				seen, err := chromedp.Run(ctx, chromedp.Evaluate[measured](measure))
				if err != nil {
					t.Fatal(err)
				}
				if seen.Content > float64(width) {
					t.Errorf("%s at %d pixels is %.0f wide", file, width, seen.Content)
				}
				if seen.Column > 600 {
					t.Errorf("%s: the column is %.0f wide", file, seen.Column)
				}
				if seen.Contrast < 4.5 {
					t.Errorf("%s in %s: contrast of %.1f at %q", file, scheme, seen.Contrast, seen.At)
				}
			}
		}
	}
}

// measured is what a browser makes of a mail.
type measured struct {
	Content  float64 // width of all that is there
	Column   float64
	Contrast float64 // the least
	At       string
}

const measure = `(() => {
  const number = c => c.match(/[\d.]+/g).map(Number);
  const light = c => number(c).slice(0, 3).map(v => v / 255).map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const ground = matchMedia('(prefers-color-scheme: dark)').matches ? 'rgb(18, 18, 18)' : 'rgb(255, 255, 255)';
  let contrast = 21, at = '';
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const text = walk.currentNode.data.trim();
    if (!text) continue;
    const a = light(getComputedStyle(walk.currentNode.parentElement).color), b = light(ground);
    const c = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (c < contrast) { contrast = c; at = text.slice(0, 30); }
  }
  const column = document.querySelector('body > table div');
  return {Content: document.documentElement.scrollWidth, Column: column.getBoundingClientRect().width, Contrast: contrast, At: at};
})()`
