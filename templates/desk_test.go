package templates_test

import (
	"bytes"
	"fmt"
	"html/template"
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"caseconsultant/templates"
)

func desk(t testing.TB) *templates.Desk {
	t.Helper()
	d, err := templates.NewDesk(nil)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestDeskPages(t *testing.T) {
	t.Parallel()
	d := desk(t)
	for _, page := range []string{"case", "code", "codes", "error", "intake", "licences", "login", "outbox", "queue", "settings"} {
		if !strings.Contains(" "+strings.Join(d.Pages(), " ")+" ", " "+page+" ") {
			t.Errorf("there is no page %s among %v", page, d.Pages())
		}
	}
	var out bytes.Buffer
	if err := d.Render(&out, "nonsense", nil); err == nil {
		t.Error("a page that does not exist was rendered")
	}
	// A view that does not fit gives an error and not half a page.
	if err := d.Render(&out, "queue", struct{ Title string }{"x"}); err == nil || out.Len() != 0 {
		t.Errorf("a view that does not fit wrote %d bytes, error %v", out.Len(), err)
	}
	if _, err := templates.NewDesk(template.FuncMap{"unused": func() string { return "" }}); err != nil {
		t.Errorf("with a function more: %v", err)
	}
}

// An asset's name changes with its bytes, so that it can be kept for ever.
func TestDeskAssets(t *testing.T) {
	t.Parallel()
	d := desk(t)
	var page bytes.Buffer
	if err := d.Render(&page, "error", errorView()); err != nil {
		t.Fatal(err)
	}
	names := regexp.MustCompile(`/assets/([^"]+)`).FindAllStringSubmatch(page.String(), -1)
	if len(names) != 3 {
		t.Fatalf("a page names %d assets, want style, script and mark", len(names))
	}
	for _, name := range names {
		a, ok := d.Asset(name[1])
		if !ok || len(a.Bytes) == 0 || a.ContentType == "" {
			t.Errorf("the asset %s is not served", name[1])
		}
		if !regexp.MustCompile(`\.[0-9a-f]{12}\.(css|js|svg)$`).MatchString(name[1]) {
			t.Errorf("the asset's name %s does not hold its hash", name[1])
		}
	}
	for _, name := range []string{"desk.css", "../layout.html", "", "desk.000000000000.css"} {
		if _, ok := d.Asset(name); ok {
			t.Errorf("an asset is served as %q", name)
		}
	}
}

func errorView() any {
	type link struct {
		Label, Href string
		Primary     bool
	}
	return struct {
		Title, Firm, Theme                string
		User                              *struct{}
		Status, Heading, What, Kept, Text string
		Next                              []link
	}{Title: "t", Heading: "h", Next: []link{{"a", "/b", true}}}
}

// The rules of the desk's look that a program can check: every colour comes from a custom property that both themes
// have, and whatever is read has a contrast of at least 4.5 to 1 in both (WCAG 2.2, 1.4.3).
func TestDeskContrast(t *testing.T) {
	t.Parallel()
	css := stylesheet(t)
	light, dark := map[string]string{}, map[string]string{}
	for _, m := range regexp.MustCompile(`--([a-z0-9-]+): light-dark\((#[0-9a-f]+), (#[0-9a-f]+)\);`).FindAllStringSubmatch(css, -1) {
		light[m[1]], dark[m[1]] = m[2], m[3]
	}
	if len(light) < 25 {
		t.Fatalf("%d colours were found", len(light))
	}
	type pair struct{ ink, paper string }
	var pairs []pair
	for _, paper := range []string{"paper", "rail", "sunk", "float", "hover", "accent-soft"} {
		pairs = append(pairs, pair{"ink", paper}, pair{"ink-2", paper})
	}
	for _, paper := range []string{"paper", "rail", "sunk", "hover", "accent-soft"} {
		pairs = append(pairs, pair{"ink-3", paper}, pair{"accent", paper})
	}
	for _, tone := range []string{"red", "amber", "green", "blue", "violet"} {
		pairs = append(pairs, pair{tone, "paper"}, pair{tone, tone + "-soft"}, pair{tone, "hover"}, pair{tone, "accent-soft"}, pair{"ink", tone + "-soft"})
	}
	for _, system := range []string{"cpt", "hcpcs", "icd", "pcs", "other"} {
		pairs = append(pairs, pair{"sys-" + system, "paper"})
	}
	pairs = append(pairs, pair{"accent-ink", "accent"})
	for _, p := range pairs {
		for theme, colours := range map[string]map[string]string{"light": light, "dark": dark} {
			if c := contrast(t, colours[p.ink], colours[p.paper]); c < 4.5 {
				t.Errorf("%s: %s on %s has a contrast of %.2f, want 4.5", theme, p.ink, p.paper, c)
			}
		}
	}
	_, rules, _ := strings.Cut(css, "--top:")
	for _, colour := range regexp.MustCompile(`#[0-9a-f]{3,8}\b|[: ](?:white|black|gr[ae]y|red|green|blue)[;,) ]`).FindAllString(rules, -1) {
		if colour != "#000" { // print
			t.Errorf("a colour outside the custom properties: %s", colour)
		}
	}
	sizes := map[string]bool{"13px": true, "14px": true, "16px": true, "20px": true, "11pt": true, ".875em": true}
	for _, m := range regexp.MustCompile(`font(?:-size)?: ([0-9.]+(?:px|em|rem|pt))`).FindAllStringSubmatch(css, -1) {
		if !sizes[m[1]] {
			t.Errorf("a type size outside the scale: %s", m[1])
		}
	}
	if strings.Contains(css, "@import") || strings.Contains(css, "url(") || strings.Contains(css, "http") {
		t.Error("the style sheet asks for something elsewhere")
	}
}

func stylesheet(t testing.TB) string {
	t.Helper()
	d := desk(t)
	var page bytes.Buffer
	if err := d.Render(&page, "error", errorView()); err != nil {
		t.Fatal(err)
	}
	a, ok := d.Asset(regexp.MustCompile(`/assets/(desk\.[0-9a-f]+\.css)`).FindStringSubmatch(page.String())[1])
	if !ok {
		t.Fatal("there is no style sheet")
	}
	return string(a.Bytes)
}

// contrast is the ratio of WCAG 2.2: relative luminances of sRGB colours, each plus 0.05.
func contrast(t *testing.T, a, b string) float64 {
	la, lb := luminance(t, a), luminance(t, b)
	if la < lb {
		la, lb = lb, la
	}
	return (la + 0.05) / (lb + 0.05)
}

func luminance(t *testing.T, hex string) float64 {
	t.Helper()
	hex = strings.TrimPrefix(hex, "#")
	if len(hex) == 3 {
		hex = fmt.Sprintf("%c%c%c%c%c%c", hex[0], hex[0], hex[1], hex[1], hex[2], hex[2])
	}
	n, err := strconv.ParseUint(hex, 16, 32)
	if err != nil || len(hex) != 6 {
		t.Fatalf("%q is no colour", hex)
	}
	linear := func(v uint64) float64 {
		c := float64(v&0xff) / 255
		if c <= 0.04045 {
			return c / 12.92
		}
		return math.Pow((c+0.055)/1.055, 2.4)
	}
	return 0.2126*linear(n>>16) + 0.7152*linear(n>>8) + 0.0722*linear(n)
}
