package codes

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// labelled is one text of testdata with what a coder reads in it.
type labelled struct {
	file, title, text string
	want              []wanted
	facts             []string // dos, date, ref, payer, kind, intent, topic
}

type wanted struct {
	system, code, rangeEnd string
	mods                   []string
	units, group           int
	role                   string
}

func readLabelled(t testing.TB, half string) []labelled {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("testdata", half, "*.txt"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no labelled texts in testdata/%s: %v", half, err)
	}
	var out []labelled
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var cur *labelled
		closed := true
		for n, line := range strings.Split(string(raw), "\n") {
			switch {
			case strings.HasPrefix(line, "## "):
				out = append(out, labelled{file: filepath.Base(file), title: line[3:]})
				cur, closed = &out[len(out)-1], false
			case strings.HasPrefix(line, "-> ") && cur != nil:
				closed = true
				for item := range strings.SplitSeq(line[3:], ";") {
					if err := cur.expect(strings.TrimSpace(item)); err != nil {
						t.Fatalf("%s:%d: %v", file, n+1, err)
					}
				}
			case !closed:
				cur.text += line + "\n"
			}
		}
	}
	for i := range out {
		out[i].text = strings.TrimRight(out[i].text, "\n")
	}
	return out
}

func (l *labelled) expect(item string) error {
	f := strings.Fields(item)
	switch {
	case len(f) == 0 || f[0] == "none":
		return nil
	case slices.Contains([]string{"dos", "date", "ref", "payer", "kind", "intent", "topic"}, f[0]):
		l.facts = append(l.facts, item)
		return nil
	case !slices.Contains(Systems(), System(f[0])) || len(f) < 2:
		return fmt.Errorf("cannot read %q", item)
	}
	w := wanted{system: f[0], code: f[1]}
	for i := 2; i < len(f); i++ {
		x := f[i]
		switch {
		case x == "to":
			i++
			w.rangeEnd = f[i]
		case x[0] == '@':
			w.group, _ = strconv.Atoi(x[1:])
		case x[0] == 'x' && len(x) > 1 && isDigit(x[1]):
			w.units, _ = strconv.Atoi(x[1:])
		case len(x) == 2:
			w.mods = append(w.mods, x)
		case slices.Contains([]string{"billed", "alternative", "denied", "replaced", "history", "reference"}, x):
			w.role = x
		default:
			return fmt.Errorf("cannot read %q in %q", x, item)
		}
	}
	l.want = append(l.want, w)
	return nil
}

func (w wanted) key() string {
	mods := slices.Clone(w.mods)
	slices.Sort(mods)
	return fmt.Sprint(w.system, " ", w.code, " ", w.rangeEnd, " ", mods, " x", w.units)
}

func gotKey(m Mention) string {
	mods := slices.Clone(m.Modifiers)
	slices.Sort(mods)
	return fmt.Sprint(m.System, " ", m.Code, " ", m.RangeEnd, " ", mods, " x", m.Units)
}

// figures counts how a half is read.
type figures struct {
	texts, wanted, found, right, mods, modsRight int
	wrong                                        []string
}

func (f figures) precision() float64 { return float64(f.right) / float64(max(1, f.found)) }
func (f figures) recall() float64    { return float64(f.right) / float64(max(1, f.wanted)) }
func (f figures) modifiers() float64 { return float64(f.modsRight) / float64(max(1, f.mods)) }

// measure compares what is read with what is wanted. A mention is right when
// system, code and range are; modifiers and units are counted apart.
func measure(texts []labelled) figures {
	var f figures
	for _, l := range texts {
		f.texts++
		r := Read([]Source{{Source: "reply", Text: l.text}}, time.Date(2026, 4, 16, 12, 0, 0, 0, time.UTC), Options{})
		got := slices.Clone(r.Mentions)
		var missed, extra []string
		f.wanted += len(l.want)
		f.found += len(got)
		left := slices.Clone(l.want)
		take := func(same func(wanted, Mention) bool) {
			for i := 0; i < len(got); i++ {
				for j := range left {
					if same(left[j], got[i]) {
						f.right++
						f.mods++
						if left[j].key() == gotKey(got[i]) {
							f.modsRight++
						} else {
							missed = append(missed, "~ "+left[j].key()+" got "+gotKey(got[i]))
						}
						left = slices.Delete(left, j, j+1)
						got = slices.Delete(got, i, i+1)
						i--
						break
					}
				}
			}
		}
		take(func(w wanted, m Mention) bool { return w.key() == gotKey(m) })
		take(func(w wanted, m Mention) bool {
			return w.system == string(m.System) && w.code == m.Code && w.rangeEnd == m.RangeEnd
		})
		for _, w := range left {
			missed = append(missed, "- "+w.key())
		}
		for _, m := range got {
			extra = append(extra, "+ "+gotKey(m)+" at "+m.Text)
		}
		if len(missed)+len(extra) > 0 {
			f.wrong = append(f.wrong, fmt.Sprintf("%s: %s\n%s\n    %s", l.file, l.title, l.text, strings.Join(append(missed, extra...), "\n    ")))
		}
	}
	return f
}

func TestLabelledTexts(t *testing.T) {
	t.Parallel()
	for _, half := range []string{"first", "second"} {
		f := measure(readLabelled(t, half))
		t.Logf("%s half: %d texts, %d mentions: precision %.4f recall %.4f modifiers and units %.4f",
			half, f.texts, f.wanted, f.precision(), f.recall(), f.modifiers())
		if half == "first" {
			if f.precision() < 0.99 || f.recall() < 0.99 || f.modifiers() < 0.99 {
				t.Errorf("the first half is read worse than 0.99")
			}
			if os.Getenv("CODES_SHOW") != "" || t.Failed() {
				for _, w := range f.wrong {
					t.Log(w)
				}
			}
		}
	}
}

// factErrors compares roles, groups and the other facts that a text's labels
// name, and counts them.
func factErrors(l labelled) (n int, wrong []string) {
	r := Read([]Source{{Source: "reply", Text: l.text}}, time.Date(2026, 4, 16, 12, 0, 0, 0, time.UTC), Options{})
	bad := func(format string, args ...any) { wrong = append(wrong, fmt.Sprintf(format, args...)) }
	for _, w := range l.want {
		if w.role == "" && w.group == 0 {
			continue
		}
		i := slices.IndexFunc(r.Mentions, func(m Mention) bool { return gotKey(m) == w.key() })
		if i < 0 {
			continue // counted as missed elsewhere
		}
		if w.role != "" {
			n++
			if string(r.Mentions[i].Role) != w.role {
				bad("%s is %s, want %s", w.key(), r.Mentions[i].Role, w.role)
			}
		}
		if w.group != 0 {
			n++
			if r.Mentions[i].Group != w.group {
				bad("%s is in group %d, want %d", w.key(), r.Mentions[i].Group, w.group)
			}
		}
	}
	for _, f := range l.facts {
		n++
		w := strings.Fields(f)
		switch w[0] {
		case "dos":
			if r.DateOfService != w[1] {
				bad("date of service %q, want %s (%v)", r.DateOfService, w[1], r.Dates)
			}
		case "date":
			if !slices.ContainsFunc(r.Dates, func(d DateMention) bool { return d.Date == w[1] && d.Kind == w[2] }) {
				bad("no date %s %s in %v", w[1], w[2], r.Dates)
			}
		case "ref":
			if !slices.ContainsFunc(r.References, func(x Reference) bool { return x.Kind == w[1] && x.Value == w[2] }) {
				bad("no reference %s %s in %v", w[1], w[2], r.References)
			}
		case "payer":
			if r.Payer != w[1] {
				bad("payer %s, want %s", r.Payer, w[1])
			}
		case "kind":
			if r.Kind != w[1] {
				bad("kind %s, want %s", r.Kind, w[1])
			}
		case "intent":
			if r.Intent != w[1] {
				bad("intent %s, want %s", r.Intent, w[1])
			}
		case "topic":
			if !slices.Contains(r.Topics, w[1]) {
				bad("no topic %s in %v", w[1], r.Topics)
			}
		}
	}
	return n, wrong
}

func TestLabelledFacts(t *testing.T) {
	t.Parallel()
	for _, half := range []string{"first", "second"} {
		n, bad := 0, 0
		var lines []string
		for _, l := range readLabelled(t, half) {
			k, wrong := factErrors(l)
			n += k
			bad += len(wrong)
			for _, w := range wrong {
				lines = append(lines, l.file+": "+l.title+": "+w)
			}
		}
		t.Logf("%s half: %d roles, groups, dates, references and other facts, %d wrong: %.4f", half, n, bad, 1-float64(bad)/float64(max(1, n)))
		if half == "first" {
			if float64(bad) > 0.02*float64(n) {
				t.Errorf("more than 2%% of the facts of the first half are wrong")
			}
			if os.Getenv("CODES_SHOW") != "" || t.Failed() {
				t.Log(strings.Join(lines, "\n"))
			}
		}
	}
}
