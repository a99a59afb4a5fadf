package codes

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// prose is text without a mention, but with what looks like one: the common
// case of a long forwarded thread.
const prose = `Good morning, and thank you for the quick reply on Tuesday. As discussed on the phone, our practice manager will
send the rest of the documents by the end of the week, once the surgeon has looked at them again. Please call (312) 555-0142 or
write to Pat Example, 4500 Lakeview Pkwy, Springfield, IL 62704, if anything is missing. We saw about 12000 patients in 2025, paid
$4,512.50 for the upgrade and lost 3 days to the move. Her A1c was 7.4, the MRI showed disease at L4-L5 and C5-6, she takes 25 mg
twice a day and is 65 years old. The invoice number is 45112 and the meeting starts at 10:45 in room 2011. Nothing else has changed.
`

func repeated(s string, size int) string {
	return strings.Repeat(s, size/len(s)+1)[:size]
}

func TestProseHasNoMentionAndCostsNoAllocation(t *testing.T) {
	if got := Find(prose, Options{}); len(got) > 0 {
		t.Fatalf("found %v in prose", got)
	}
	text := repeated(prose, 64<<10)
	known := func(System, string) Membership { return Unknown }
	for name, opts := range map[string]Options{"bare": {}, "with a codebook": {Known: known}} {
		if n := testing.AllocsPerRun(20, func() { Find(text[:len(prose)*8], opts) }); n > 0 {
			t.Errorf("%s: %v allocations for prose without a mention", name, n)
		}
	}
}

// TestKnownDecidesOnlyWhatIsOpen: the codebook may tip a reading, never
// overrule a label.
func TestKnownDecidesOnlyWhatIsOpen(t *testing.T) {
	t.Parallel()
	book := func(s System, code string) Membership {
		switch {
		case s == ICD10CM && code == "E11.65", s == ICD10CM && code == "J01.90", s == CPT && code == "31297", s == HCPCS && code == "G0439":
			return Member
		case s == CPT:
			return NotMember // held whole, in this test
		}
		return Unknown
	}
	tests := []struct {
		text string
		want []string
	}{
		{"E1165 today", []string{"icd10cm E11.65"}},
		{"J0190 today", []string{"icd10cm J01.90"}},
		{"G0439 today", []string{"hcpcs G0439"}},
		{"HCPCS E1165 today", []string{"hcpcs E1165"}},            // the label wins
		{"CPT 31299 was denied", []string{"cpt 31299"}},           // not in the book, but labelled
		{"3l297 was denied, we billed it", []string{"cpt 31297"}}, // a letter l for the digit
		{"ZIP 31297", nil},
	}
	for _, tt := range tests {
		var got []string
		for _, m := range Find(tt.text, Options{Known: book}) {
			got = append(got, string(m.System)+" "+m.Code)
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%q: got %v, want %v", tt.text, got, tt.want)
		}
	}
}

func TestOffsetsCoverCodeAndWhatIsGlued(t *testing.T) {
	t.Parallel()
	tests := []struct{ text, want string }{
		{"bill 31297-50 please", "31297-50"},
		{"bill 31297 with a 50 please", "31297"},
		{"ranges 99202–99205?", "99202–99205"},
		{"ＣＰＴ ９９２１３－２５", "９９２１３－２５"},
		{"dx m54.5, cpt 97110", "m54.5|97110"},
		{"codes 31295/6/7", "31295|6|7"},
		{"code M54.\n50 here", "M54.\n50"},
		{"code 992\u200b13 here", "992\u200b13"},
	}
	for _, tt := range tests {
		var got []string
		for _, m := range Find(tt.text, Options{}) {
			if m.Text != tt.text[m.Start:m.End] {
				t.Errorf("%q: text %q is not at its offsets", tt.text, m.Text)
			}
			got = append(got, m.Text)
		}
		if strings.Join(got, "|") != tt.want {
			t.Errorf("%q: covers %q, want %q", tt.text, got, tt.want)
		}
	}
}

func TestExplainDecidesAsFind(t *testing.T) {
	t.Parallel()
	for _, l := range readLabelled(t, "first") {
		found := Find(l.text, Options{})
		var accepted []Mention
		for _, c := range Explain(l.text, Options{}) {
			if c.Accepted {
				accepted = append(accepted, c.Mention)
			}
			if len(c.For)+len(c.Against) == 0 && c.System != Modifier {
				t.Errorf("%s: no sign for or against %q", l.title, c.Text)
			}
		}
		if fmt.Sprint(found) != fmt.Sprint(accepted) {
			t.Errorf("%s: Find %v, Explain %v", l.title, found, accepted)
		}
	}
}

func TestExplainNamesTheReason(t *testing.T) {
	t.Parallel()
	tests := []struct{ text, sign string }{
		{"ZIP 31297", "is named as an identifier"},
		{"Columbus, OH 43215", "reads as a ZIP code"},
		{"paid $31297", "reads as money"},
		{"20610 North Main Street", "reads as a house number"},
		{"12500 mL", "has a unit of measure"},
		{"remark code N20", "reads as a reason or remark code"},
		{"C7 fracture, level C10-C12", "reads as a vertebra or level"},
		{"CPT 31297", "an explicit label"},
	}
	for _, tt := range tests {
		ok := false
		for _, c := range Explain(tt.text, Options{}) {
			ok = ok || slices.Contains(append(c.For, c.Against...), tt.sign)
		}
		if !ok {
			t.Errorf("%q: no candidate %q in %+v", tt.text, tt.sign, Explain(tt.text, Options{}))
		}
	}
}

// hostile are inputs made to be slow: each repeats what the rules look around.
var hostile = map[string]string{
	"numbers":    "31297 ",
	"glued":      "31297-",
	"slashes":    "31295/6/",
	"modifiers":  "25 59 ",
	"words":      "modifier and or with the ",
	"labels":     "CPT code number ",
	"diagnoses":  "M54.5-",
	"ranges":     "99202-99205 ",
	"lines":      "\n \n\t",
	"table":      "CPT | Mod | Units\n1 | 2 | 3\n",
	"segments":   "SV1*HC:99213:25*125*UN*1***1~",
	"marks":      "((((----....",
	"links":      "https://",
	"tall":       "1.2.3.4.5.6.7.",
	"DRG":        "DRG 470/471/",
	"wide":       "\u200b\u00ad９",
	"dates":      "3/2/2026 ",
	"reasons":    "CO-97 N20 ",
	"patients":   "patient 1 99213 ",
	"long token": "9",
	"dictation":  "nine nine two one three with a twenty five ",
	"spelled":    "code 9 9 2 1 3 ",
	"wrapped":    "code 992\n13 and ",
	"domains":    "a.com/",
	"revenue":    "0450 ROOM 1.00\n",
	"cells":      "| 99213 | 25 |",
	"described":  "20610 knee injection both sides x",
	"letters":    "KX or GA, RT and LT ",
}

func checkMentions(t *testing.T, text string, ms []Mention) {
	t.Helper()
	last := 0
	for _, m := range ms {
		if m.Start < 0 || m.End > len(text) || m.Start >= m.End {
			t.Fatalf("mention %v lies outside of the text of %d bytes", m, len(text))
		}
		if m.Text != text[m.Start:m.End] {
			t.Fatalf("mention %v is not what stands there", m)
		}
		if m.Start < last {
			t.Fatalf("mention %v begins before the end of the one before it", m)
		}
		last = m.End
		if m.Modifiers == nil {
			t.Fatalf("mention %v has no list of modifiers", m)
		}
		if code, err := Normalize(m.System, m.Code); err != nil || code != m.Code {
			t.Fatalf("mention %v is not normal: %q %v", m, code, err)
		}
		if utf8.ValidString(text) && !utf8.ValidString(m.Text) {
			t.Fatalf("mention %v cuts a character", m)
		}
	}
}

// workPerByte bounds the steps of the scanner for each byte of any text: a
// token of one byte may begin a line, close a sentence and be looked back from.
const workPerByte = 240

// workOf is the number of steps that the scanner takes over a text.
func workOf(text string) int {
	var s scanner
	s.text = text
	s.scan()
	return s.work
}

// TestWorkGrowsWithTheText: twice the text is twice the work, whatever is in it.
func TestWorkGrowsWithTheText(t *testing.T) {
	t.Parallel()
	for name, unit := range hostile {
		small, large := workOf(repeated(unit, 8<<10)), workOf(repeated(unit, 64<<10))
		if large > 9*small {
			t.Errorf("%s: %d steps for 8 KB and %d for 64 KB", name, small, large)
		}
		if large > workPerByte*64<<10 {
			t.Errorf("%s: %d steps a byte", name, large>>16)
		}
	}
}

func FuzzFind(f *testing.F) {
	for _, l := range readLabelled(f, "first") {
		f.Add(l.text)
	}
	for _, unit := range hostile {
		f.Add(repeated(unit, 200))
	}
	f.Fuzz(func(t *testing.T, text string) {
		long := strings.Repeat(text, 20)
		checkMentions(t, long, Find(long, Options{}))
		if n := workOf(long); n > workPerByte*len(long)+workPerByte {
			t.Errorf("%d steps for %d bytes", n, len(long))
		}
		checkMentions(t, text, Find(text, Options{}))
		book := func(s System, code string) Membership { return Membership(len(code) % 3) }
		checkMentions(t, text, Find(text, Options{Known: book}))
		Explain(text, Options{Known: book})
	})
}

func FuzzRead(f *testing.F) {
	for _, l := range readLabelled(f, "first") {
		f.Add(l.text)
	}
	received := time.Date(2026, 4, 16, 12, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, text string) {
		r := Read([]Source{{Source: "subject", Text: "99213?"}, {Source: "reply", Text: text}}, received, Options{})
		for _, m := range r.Occurrences {
			if m.Group < 1 || m.Role == "" || m.Source == "" {
				t.Fatalf("mention %+v has no place in the message", m)
			}
		}
		for _, d := range r.Dates {
			if _, err := time.Parse(time.DateOnly, d.Date); err != nil || d.Group < 1 || d.Kind == "" || d.Basis == "" {
				t.Fatalf("date %+v: %v", d, err)
			}
			if d.End > len(text) || d.Start >= d.End {
				t.Fatalf("date %+v lies outside", d)
			}
		}
		for _, x := range r.References {
			if x.Source == "reply" && (x.End > len(text) || x.Start >= x.End || x.Value == "") {
				t.Fatalf("reference %+v lies outside", x)
			}
		}
		if r.DateOfService != "" {
			if _, err := time.Parse(time.DateOnly, r.DateOfService); err != nil {
				t.Fatal(err)
			}
		}
	})
}

func BenchmarkFindProse(b *testing.B) {
	text := repeated(prose, 1<<20)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		Find(text, Options{})
	}
}

// BenchmarkFindLetters measures words alone, as in a long letter.
func BenchmarkFindLetters(b *testing.B) {
	text := repeated("The patient was seen in the office and the surgeon explained the procedure to her in detail, with all its risks.\n", 1<<20)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		Find(text, Options{})
	}
}

func BenchmarkFindCase(b *testing.B) {
	text := "Can 31297-50 be billed with 31288 on the same day? NCCI keeps denying it. Medicare, DOS 2026-03-02. Lee, Example ENT"
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		Find(text, Options{})
	}
}

func BenchmarkRead(b *testing.B) {
	src := []Source{{Source: "reply", Text: "Can 31297-50 be billed with 31288 on the same day? NCCI keeps denying it. Medicare, DOS 2026-03-02. Lee, Example ENT"}}
	b.ReportAllocs()
	for b.Loop() {
		Read(src, time.Time{}, Options{})
	}
}

// BenchmarkGrowth is the growth benchmark: the cost a byte must not rise as
// the size doubles.
func BenchmarkGrowth(b *testing.B) {
	for name, unit := range hostile {
		for _, size := range []int{16 << 10, 32 << 10, 64 << 10, 128 << 10} {
			text := repeated(unit, size)
			b.Run(fmt.Sprintf("%s/%dK", strings.ReplaceAll(name, " ", "-"), size>>10), func(b *testing.B) {
				b.SetBytes(int64(size))
				for b.Loop() {
					Find(text, Options{})
				}
			})
		}
	}
}
