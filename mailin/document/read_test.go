package document

import (
	"bytes"
	"context"
	"math/rand/v2"
	"strings"
	"testing"
)

// panicking are engines that fall on every document.
type panicking struct{}

func (panicking) pdf(context.Context, input, output, *budget)   { panic("pdf") }
func (panicking) image(context.Context, input, output, *budget) { panic("image") }

func TestReadSurvivesAFallingReader(t *testing.T) {
	t.Parallel()
	content := zipped(t, part{"a.txt", "first\n"}, part{"b.pdf", "%PDF-1.4\n1 0 obj\n"}, part{"c.txt", "third\n"})
	rec := &record{limit: 1 << 20}
	read(t.Context(), held(content, Hint{}, 0), rec, newBudget(Limits{}.withDefaults()), panicking{})
	if rec.all.String() != "first\nthird\n" || len(rec.problems) != 1 || rec.problems[0] != "File 2: "+problemDamaged {
		t.Errorf("%q %q", rec.all.String(), rec.problems)
	}
}

func TestReadStopsAtTheDeadline(t *testing.T) {
	t.Parallel()
	// Random words, so that the packed file is large too.
	random := rand.New(rand.NewPCG(1, 2))
	var body strings.Builder
	for range 40_000 {
		body.WriteString(`<w:p><w:r><w:t>31267 `)
		for range 10 {
			body.WriteByte(byte('a' + random.IntN(26)))
		}
		body.WriteString(`</w:t></w:r></w:p>`)
	}
	content := docx(t, body.String())
	ctx, cancel := context.WithCancel(t.Context())
	rec := &record{limit: 2 << 20}
	stop := stopAt{output: rec, n: 10_000, cancel: cancel}
	read(ctx, held(content, Hint{}, 0), &stop, newBudget(Limits{}.withDefaults()), fakeEngines{})
	if n := rec.all.Len(); n < 10_000 || n > 300_000 {
		t.Errorf("%d bytes of text came", n)
	}
	if len(rec.problems) > 0 {
		t.Errorf("the deadline is not the document's fault: %q", rec.problems)
	}
	rec = &record{limit: 2 << 20}
	read(ctx, held(content, Hint{}, 0), rec, newBudget(Limits{}.withDefaults()), fakeEngines{})
	if rec.all.Len() > 0 || len(rec.problems) > 0 {
		t.Errorf("after the deadline: %d bytes, %q", rec.all.Len(), rec.problems)
	}
}

// stopAt ends the context when a number of bytes has come.
type stopAt struct {
	output
	n      int
	cancel context.CancelFunc
}

func (s *stopAt) text(text string) bool {
	if s.n -= len(text); s.n < 0 {
		s.cancel()
	}
	return s.output.text(text)
}

func TestReadLooksBeyondTheBeginning(t *testing.T) {
	t.Parallel()
	noise := make([]byte, 100<<10)
	random := rand.NewChaCha8([32]byte{})
	_, _ = random.Read(noise)
	parts := append([]part{{"docProps/thumbnail.jpeg", string(noise)}}, docxParts(para("31267"))...)
	content := zipped(t, parts...)
	if kind := Sniff(content[:SniffBytes], Hint{}); kind != ZIP {
		t.Errorf("by its beginning: %q", kind)
	}
	if got := reading(t, content, Hint{}, Limits{}); got.what != DOCX || got.all.String() != "31267\n" {
		t.Errorf("%q %q", got.what, got.all.String())
	}
	jar := zipped(t, part{"META-INF/MANIFEST.MF", "x"}, part{"a.class", "\xca\xfe\xba\xbe"})
	if got := reading(t, jar, Hint{}, Limits{}); got.what != None {
		t.Errorf("a program: %q", got.what)
	}
	if got := reading(t, bytes.Repeat([]byte("\x00\x01"), 1000), Hint{ContentType: "text/plain"}, Limits{}); got.what != None {
		t.Errorf("what is called text: %q", got.what)
	}
}
