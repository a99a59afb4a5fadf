package desk

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"caseconsultant/workflow/codes"
)

func TestSegments(t *testing.T) {
	t.Parallel()
	at := func(text, part string, system codes.System) lit {
		i := strings.Index(text, part)
		return lit{start: i, end: i + len(part), system: system, code: part}
	}
	for _, tt := range []struct {
		name, text string
		mentions   func(text string) []lit
		want       string // mentions in braces
	}{
		{"None", "no code here", func(string) []lit { return nil }, "no code here"},
		{"Two", "31297 and 31288.", func(s string) []lit { return []lit{at(s, "31288", codes.CPT), at(s, "31297", codes.CPT)} }, "{31297} and {31288}."},
		{"WholeText", "31297", func(s string) []lit { return []lit{at(s, "31297", codes.CPT)} }, "{31297}"},
		{"Overlapping", "31295/6/7", func(s string) []lit {
			return []lit{{start: 0, end: 9, code: "31295"}, {start: 6, end: 7, code: "31296"}}
		}, "{31295/6/7}"},
		{"OutsideTheText", "short", func(string) []lit { return []lit{{start: 3, end: 99}, {start: -1, end: 2}, {start: 2, end: 2}} }, "short"},
		{"BesideUmlauts", "für 31297 über", func(s string) []lit { return []lit{at(s, "31297", codes.CPT)} }, "für {31297} über"},
	} {
		segs, _ := segments(tt.text, tt.mentions(tt.text), maskNothing)
		var got strings.Builder
		for _, s := range segs {
			if s.Mention {
				got.WriteString("{" + s.Text + "}")
			} else {
				got.WriteString(s.Text)
			}
		}
		if got.String() != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got.String(), tt.want)
		}
	}
}

// Whatever offsets come with a text, its pieces put together are the text.
func FuzzSegments(f *testing.F) {
	f.Add("31297-50 with 31288", 0, 8, 14, 19)
	f.Add("ä31297", 2, 7, -5, 900)
	f.Add("DOB 01/02/1950 99213", 4, 14, 15, 20)
	f.Fuzz(func(t *testing.T, text string, a, b, c, d int) {
		mentions := []lit{{start: a, end: b, system: codes.CPT, code: "1"}, {start: c, end: d, system: codes.HCPCS, code: "2"}}
		segs, masked := segments(text, mentions, maskNothing)
		var all strings.Builder
		for _, s := range segs {
			all.WriteString(s.Text)
			if s.Text == "" {
				t.Error("an empty piece")
			}
		}
		if all.String() != text || masked != 0 {
			t.Errorf("the pieces of %q are %q, %d masked", text, all.String(), masked)
		}
		shown, masked := segments(text, mentions, maskAll)
		masks := 0
		for _, s := range shown {
			if s.Mask {
				masks++
			}
		}
		if masks > masked {
			t.Errorf("%d masks, but only %d counted", masks, masked)
		}
		if utf8.ValidString(text) {
			for _, s := range shown {
				if !s.Mention && !utf8.ValidString(s.Text) && !cuts(text, mentions) {
					t.Errorf("a piece of %q is cut inside a character: %q", text, s.Text)
				}
			}
		}
	})
}

// cuts tells whether a mention itself cuts a character: those offsets come from outside, and are taken as they are.
func cuts(text string, mentions []lit) bool {
	for _, m := range mentions {
		for _, i := range []int{m.start, m.end} {
			if i > 0 && i < len(text) && !utf8.RuneStart(text[i]) {
				return true
			}
		}
	}
	return false
}

func FuzzFileName(f *testing.F) {
	for _, s := range []string{"note.pdf", "../../etc/passwd", "C:\\x\\y.exe", "con", "a\x00b", "\u202Efdp.exe", strings.Repeat("ü", 300) + ".pdf", " . ", "\xff\xfe"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := fileName(s, "attachment-1")
		if got == "" || len(got) > 160 || !utf8.ValidString(got) || strings.ContainsAny(got, "/\\\x00\r\n\"<>:*?|%;") || strings.HasPrefix(got, ".") {
			t.Errorf("%q becomes %q", s, got)
		}
	})
}

func TestCut(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		text string
		n    int
		want string
	}{
		{"short", 10, "short"},
		{"0123456789abc", 10, "0123456789"},
		{"012345\n789abc", 10, "012345"},
		{"01\n3456789abc", 10, "01\n3456789"},
		{"012345678ü", 10, "012345678"},
		{"€€€€", 10, "€€€"},
		{"", 0, ""},
	} {
		if got := cut(tt.text, tt.n); got != tt.want {
			t.Errorf("%q cut to %d is %q, want %q", tt.text, tt.n, got, tt.want)
		}
	}
}

func TestTimes(t *testing.T) {
	t.Parallel()
	zone := time.FixedZone("EDT", -4*3600)
	d := &Desk{zone: zone}
	now := time.Date(2026, 4, 16, 18, 30, 0, 0, time.UTC)
	for _, tt := range []struct {
		form string
		at   time.Time
		want string
	}{
		{"age", now.Add(-20 * time.Second), "now"},
		{"age", now.Add(-40 * time.Minute), "40 min"},
		{"age", now.Add(-119 * time.Minute), "1 h"},
		{"age", now.Add(-73 * time.Hour), "3 d"},
		{"ago", now.Add(-20 * time.Second), "just now"},
		{"ago", now.Add(-2 * time.Hour), "2 h ago"},
		{"ago", now.Add(time.Minute), "just now"}, // a clock that runs ahead
		{"due", now.Add(2 * time.Hour), "in 2 h"},
		{"due", now.Add(20 * time.Second), "due now"},
		{"due", now.Add(-20 * time.Second), "due now"},
		{"due", now.Add(-90 * time.Minute), "1 h over"},
		{"short", now, "14:30"},
		{"short", now.Add(-20 * time.Hour), "15 Apr 18:30"},
		{"short", now.Add(-200 * 24 * time.Hour), "28 Sep 2025"},
		{"day", now, "16 Apr 2026"},
	} {
		if got := d.moment(tt.at, now, tt.form); got.Text != tt.want {
			t.Errorf("%s of %s is %q, want %q", tt.form, tt.at, got.Text, tt.want)
		}
	}
	if got := d.moment(now, now, "short"); got.ISO != "2026-04-16T18:30:00Z" || got.Exact != "Thu 16 Apr 2026, 14:30 EDT" {
		t.Errorf("for programs and on hover it is %q, %q", got.ISO, got.Exact)
	}
	if got := d.moment(time.Time{}, now, "due"); got != (moment{}) {
		t.Errorf("no time is %+v", got)
	}
	for left, want := range map[time.Duration]tone{-time.Second: red, time.Hour: amber, 3 * time.Hour: grey} {
		if got := dueTone(now.Add(left), now); got != want {
			t.Errorf("due in %s is %q, want %q", left, got, want)
		}
	}
}

func TestChips(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		codes       []string
		shown, more int
	}{
		{nil, 0, 0},
		{[]string{"99213"}, 1, 0},
		{[]string{"M54.5", "M51.36", "F32.9"}, 3, 0},
		{[]string{"99213", "99214", "99215", "99212"}, 3, 1},
		{[]string{"27447-RT", "20610-LT", "99213-24-25"}, 2, 1},
		{[]string{"99213-24-25-59-RT-XS-GC", "99214"}, 1, 1},
	} {
		if shown, more := chips(tt.codes); len(shown) != tt.shown || more != tt.more {
			t.Errorf("%v: %d and %d more, want %d and %d", tt.codes, len(shown), more, tt.shown, tt.more)
		}
	}
}

func TestWords(t *testing.T) {
	t.Parallel()
	for n, want := range map[int64]string{0: "0 B", 999: "999 B", 4200: "4 kB", 25_400_000: "25.4 MB"} {
		if got := size(n); got != want {
			t.Errorf("%d bytes are %q, want %q", n, got, want)
		}
	}
	for name, want := range map[string]string{"Dana Example": "DE", "Ana Maria da Silva": "AS", "cher": "C", "": "?", "Ärzte Ö": "ÄÖ"} {
		if got := initials(name); got != want {
			t.Errorf("the initials of %q are %q, want %q", name, got, want)
		}
	}
}
