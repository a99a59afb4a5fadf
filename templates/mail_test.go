package templates

import (
	"io/fs"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"golang.org/x/net/html"
)

func TestFill(t *testing.T) {
	t.Parallel()
	a := strings.Repeat("a", 40)
	for _, test := range []struct{ name, got, want string }{
		{"two words that do not fit", para(0, a+" "+a), a + "\n" + a},
		{"just fits", para(0, a+" "+strings.Repeat("b", 35)), a + " " + strings.Repeat("b", 35)},
		{"one too many", para(0, a+" "+strings.Repeat("b", 36)), a + "\n" + strings.Repeat("b", 36)},
		{"unbreakable", para(2, "x "+strings.Repeat("a", 90)+" y"), "  x\n  " + strings.Repeat("a", 90) + "\n  y"},
		{"no-break space", para(0, strings.Repeat("a", 73)+" b\u00a0c"), strings.Repeat("a", 73) + "\nb c"},
		{"wide characters", para(0, strings.Repeat("界", 38)+" 界"), strings.Repeat("界", 38) + "\n界"},
		{"combining marks", para(0, strings.Repeat("e\u0301", 76)), strings.Repeat("e\u0301", 76)},
		{"empty", para(4, " \n "), ""},
		{"hang", hang(2, 8, "STOP", a+" "+a), "  STOP  " + a + "\n        " + a},
		{"label too long", hang(2, 8, "STOPPED", "x"), "  STOPPED\n        x"},
		{"label alone", hang(2, 8, "STOP", ""), "  STOP"},
		{"address beside a label", hang(2, 40, "Link", strings.Repeat("a", 60)), "  Link\n      " + strings.Repeat("a", 60)},
	} {
		if test.got != test.want {
			t.Errorf("%s:\n%s\nwant\n%s", test.name, test.got, test.want)
		}
	}
}

func TestSqueeze(t *testing.T) {
	t.Parallel()
	if got := squeeze("\n\n  \na  \n\n\n \nb\t\n" + keptLine + "\n" + keptLine + "\nc\n\n\n"); got != "a\n\nb\n\n\nc\n" {
		t.Errorf("%q", got)
	}
}

func TestProse(t *testing.T) {
	t.Parallel()
	long := strings.TrimSpace(strings.Repeat("word ", 20))
	for _, test := range []struct{ name, in, want string }{
		{"kept", "a  b\n\n\n   c\n\td", "a  b\n\n\n   c\n\td\n"},
		{"paragraph", long, "word word word word word word word word word word word word word word word\nword word word word word\n"},
		{"indented", "    " + long, "    word word word word word word word word word word word word word word\n    word word word word word word\n"},
		{"item", "  - " + long, "  - word word word word word word word word word word word word word word\n    word word word word word word\n"},
		{"numbered", "12. " + long, "12. word word word word word word word word word word word word word word\n    word word word word word word\n"},
		{"NUL", "a\x00\nb", "a\nb\n"},
	} {
		if got := squeeze(prose(test.in)); got != test.want {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
	if got := squeeze(quote("a\n\n" + long + "\n")); got != "> a\n>\n> word word word word word word word word word word word word word word word\n> word word word word word\n" {
		t.Errorf("quote: %q", got)
	}
}

func TestListMark(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"- a": "- ", "*  a": "*  ", "• a": "• ", "1. a": "1. ", "12) a": "12) ", "(a) b": "(a) ", "[3] b": "[3] ", "a) b": "a) ",
		"-a": "", "-": "", "31297. x": "", "25 x": "", "A. Smith": "", "(CPT) x": "", "": "", "e.g. x": "", "No. 5": "",
	} {
		if got := listMark(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func TestProseHTML(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, in string
		want     []string // must be in it
		not      []string
	}{
		{"hard wrapped lines flow", "This line was wrapped by a program at seventy-two columns or so, as you\nsee, and goes on here.", []string{"as you see, and"}, []string{"<br>"}},
		{"short lines stay", "Dana Example\nExample Street 1", []string{"Dana Example<br>"}, nil},
		{"salutation is no heading", "Dear Ann\nthis line is quite long enough to look like the first one of a paragraph.", nil, []string{"font-weight"}},
		{"heading", "Short answer\nNo; this line is quite long enough to be the first one of a paragraph.", []string{`font-weight:600">Short answer</p>`}, nil},
		{"markup", "<script>alert(1)</script> & \"x\"", []string{"&lt;script&gt;", "&amp;"}, []string{"<script"}},
		{"link", "see https://firm.example/a?b=1&c=2. And http://x.example/).", []string{`href="https://firm.example/a?b=1&amp;c=2"`, `href="http://x.example/"`}, nil},
		{"no other scheme", "javascript:alert(1) ftp://x.example/ data:text/html,x", nil, []string{"href"}},
		{"link with a quote", `https://x.example/"onmouseover="alert(1)`, []string{`href="https://x.example/"`}, []string{`"onmouseover`}},
		{"table", "  31288-50   1 unit\n  31297-LT   2 units", []string{"<table", "<td", "31288-50</td>"}, nil},
		{"no table", "  31288-50   1 unit\n  and   more   columns", []string{"&nbsp;"}, []string{"<table"}},
		{"list", "- a\n- b\n  goes on\nafter", []string{"b goes on", ">after"}, nil},
	} {
		got := string(proseHTML(test.in))
		for _, want := range test.want {
			if !strings.Contains(got, want) {
				t.Errorf("%s: no %q in\n%s", test.name, want, got)
			}
		}
		for _, not := range test.not {
			if strings.Contains(got, not) {
				t.Errorf("%s: %q in\n%s", test.name, not, got)
			}
		}
	}
}

// FuzzProse: the text part and the HTML part hold the same words as were
// written, in their order; no line is longer than it must be; the HTML has no
// element but ours.
func FuzzProse(f *testing.F) {
	f.Add("Short answer\nNo, not as billed.\n\n  a   b\n  c   d\n\n- one\n- two\n  more\n\n1. x")
	f.Add("<a href=x>\n\t\ttabs\there\n        " + strings.Repeat("long ", 40))
	f.Add("https://x.example/<b>\"' &amp; \u00a0 nbsp 界界界 e\u0301")
	f.Fuzz(func(t *testing.T, in string) {
		in = strings.ToValidUTF8(strings.Map(func(r rune) rune {
			if r < ' ' && r != '\n' && r != '\t' || r == 0x7F {
				return -1 // mailout drops them before
			}
			return r
		}, in), "\uFFFD")
		want := strings.Fields(in)
		text := squeeze(prose(in))
		if got := strings.Fields(text); !slices.Equal(got, want) {
			t.Fatalf("text has the words %q instead of %q", got, want)
		}
		// A no-break space has become a space: what it joins is one word all the same.
		joined := make(map[string]bool)
		for word := range words(in) {
			joined[strings.Join(strings.Fields(word), " ")] = true
		}
		for line := range strings.Lines(text) {
			line = strings.TrimRight(line, "\n")
			rest := strings.TrimLeft(line, " ")
			rest = strings.Join(strings.Fields(rest[len(listMark(rest)):]), " ")
			if columns(expandTabs(line)) > TextWidth && strings.Contains(rest, " ") && !joined[rest] {
				t.Fatalf("a line of %d columns: %q", columns(line), line)
			}
		}
		root, err := html.Parse(strings.NewReader("<body>" + string(proseHTML(in))))
		if err != nil {
			t.Fatal(err)
		}
		var b strings.Builder
		for node := range root.Descendants() {
			switch {
			case node.Type == html.TextNode:
				b.WriteString(node.Data)
			case node.Type == html.ElementNode:
				if !slices.Contains([]string{"html", "head", "body", "p", "br", "div", "span", "table", "tbody", "tr", "td", "a"}, node.Data) {
					t.Fatalf("element %s", node.Data)
				}
				if node.Data == "br" || node.Data == "td" || node.Data == "span" {
					b.WriteByte(' ')
				}
				for _, attribute := range node.Attr {
					if attribute.Key == "href" && !strings.HasPrefix(attribute.Val, "http") || !slices.Contains([]string{"href", "class", "style", "role", "cellpadding", "cellspacing", "border"}, attribute.Key) {
						t.Fatalf("attribute %s=%q", attribute.Key, attribute.Val)
					}
				}
			}
		}
		// Spaces may have moved; the letters must not.
		if got := strings.Join(strings.Fields(b.String()), ""); got != strings.Join(want, "") {
			t.Fatalf("HTML says %q instead of %q", got, strings.Join(want, ""))
		}
	})
}

func TestParseMailRefuses(t *testing.T) {
	t.Parallel()
	complete := func() fstest.MapFS {
		files := fstest.MapFS{}
		entries, err := fs.ReadDir(mailFiles, "mail")
		if err != nil {
			t.Fatal(err)
		}
		for _, entry := range entries {
			content, err := fs.ReadFile(mailFiles, "mail/"+entry.Name())
			if err != nil {
				t.Fatal(err)
			}
			files[entry.Name()] = &fstest.MapFile{Data: content}
		}
		return files
	}
	if _, err := ParseMailFS(complete()); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(fstest.MapFS){
		"missing":     func(f fstest.MapFS) { delete(f, "answer.html") },
		"no parts":    func(f fstest.MapFS) { delete(f, "parts.txt") },
		"misspelt":    func(f fstest.MapFS) { f["sumary.txt"] = &fstest.MapFile{} },
		"broken text": func(f fstest.MapFS) { f["answer.txt"] = &fstest.MapFile{Data: []byte("{{if}}")} },
		"broken html": func(f fstest.MapFS) { f["answer.html"] = &fstest.MapFile{Data: []byte("{{nosuch .}}")} },
	} {
		files := complete()
		change(files)
		if _, err := ParseMailFS(files); err == nil {
			t.Errorf("%s: parsed", name)
		}
	}
	m, err := ParseMail()
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := m.Render("nosuch", nil); err == nil {
		t.Error("rendered a letter that does not exist")
	}
}
