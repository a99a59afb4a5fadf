package workflow_test

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"caseconsultant/mailin/document"
	"caseconsultant/workflow"
	"caseconsultant/workflow/casefile"
	"caseconsultant/workflow/store/storetest"
)

// readerScript stands for the reader of documents, whose own tests run real files through real children: here it is
// about when what is read. A document's text is its content behind "%PDF-1.7 "; one whose name is in gates waits.
type readerScript struct {
	mu    sync.Mutex
	gates map[string]chan struct{}
	reads int
	fail  error
}

func (r *readerScript) Read(ctx context.Context, content io.Reader, size int64, hint document.Hint) (document.Text, error) {
	r.mu.Lock()
	r.reads++
	gate, fail := r.gates[hint.Filename], r.fail
	r.mu.Unlock()
	if gate != nil {
		select {
		case <-gate:
		case <-ctx.Done():
			return document.Text{}, ctx.Err()
		}
	}
	b, err := io.ReadAll(content)
	if err = errors.Join(err, fail); err != nil {
		return document.Text{}, err
	}
	text := strings.TrimPrefix(string(b), "%PDF-1.7 ")
	t := document.Text{Kind: document.PDF, Text: text, Sections: []document.Section{{Start: 0, Name: "page 1"}}}
	if text == "locked" {
		t = document.Text{Kind: document.PDF, Problems: []string{"This PDF is protected by a password: please send it without one."}}
	}
	return t, nil
}

func (r *readerScript) count() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.reads
}

func reading(r workflow.Documents, wait time.Duration) option {
	return func(o *workflow.Options) { o.Documents, o.DocumentWait = r, wait }
}

// attached is a mail with documents: pairs of name and text.
func attached(id, body string, documents ...string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "From: Lee Example <lee@clinic.example>\nTo: consult@firm.example\nDate: %s\nSubject: op note\nMessage-ID: <%s>\n", time.Now().Format(time.RFC1123Z), id)
	fmt.Fprintf(&b, "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain\n\n%s\n", body)
	for i := 0; i < len(documents); i += 2 {
		fmt.Fprintf(&b, "--b\nContent-Type: application/pdf\nContent-Disposition: attachment; filename=%q\nContent-Transfer-Encoding: base64\n\n%s\n", documents[i],
			base64.StdEncoding.EncodeToString([]byte("%PDF-1.7 "+documents[i+1])))
	}
	return b.String() + "--b--\n"
}

func TestCodesOfADocumentAreInTheSummary(t *testing.T) {
	t.Parallel()
	storetest.EachURL(t, func(t *testing.T, url string) {
		b := setup(t, url, reading(&readerScript{}, time.Minute))
		b.start()
		b.deliver(attached("q1@clinic.example", "What do we bill for the attached note? Medicare.", "note.pdf", "Procedure: CPT 31267 left. Patient DOB 01/02/1950, MRN 000000.", "locked.pdf", "locked"))
		sent := b.smtp.WaitMessages(t, 1)
		b.settled()
		if n := len(b.smtp.Messages()); n != 1 {
			t.Errorf("%d mails, want one: extract waits for the documents", n)
		}
		summary := string(sent[0].Data)
		for _, want := range []string{"31267", "Attachment 2: This PDF is protected by a password"} {
			if !strings.Contains(summary, want) {
				t.Errorf("the summary lacks %q", want)
			}
		}
		for _, never := range []string{"000000", "1950", "note.pdf"} {
			if strings.Contains(summary, never) {
				t.Errorf("the summary says %q", never)
			}
		}
		v := b.view(b.cases()[0].Ref)
		m := v.Messages[0]
		if len(m.Mentions) != 1 || m.Mentions[0].Source != "attachment:note.pdf" || m.Mentions[0].Attachment != "1" || m.Mentions[0].Text != "31267" {
			t.Errorf("mentions %+v", m.Mentions)
		}
		if !v.Has(casefile.PossiblePHI) {
			t.Error("the document names a patient, and the case does not bear the flag")
		}
		a := m.Attachments[0]
		text, err := b.line.Files().DocumentText(t.Context(), a, 1<<20)
		must(t, err)
		if !strings.HasPrefix(text, "Procedure: CPT 31267") || len(a.Sections) != 1 || a.Sections[0].Name != "page 1" || a.Kind != "pdf" || a.Waiting {
			t.Errorf("text %q of %+v", text, a)
		}
		b.proven()
	})
}

func TestALateDocumentBringsASecondSummaryOnce(t *testing.T) {
	t.Parallel()
	storetest.EachURL(t, func(t *testing.T, url string) {
		script := &readerScript{gates: map[string]chan struct{}{"slow.pdf": make(chan struct{}), "slower.pdf": make(chan struct{})}}
		b := setup(t, url, reading(script, 10*time.Millisecond), func(o *workflow.Options) {
			o.DocumentWorkers, o.GraceBeforeReconcile, o.ReconcileEvery = 3, 10*time.Millisecond, 50*time.Millisecond
		})
		b.start()
		b.deliver(attached("q1@clinic.example", "Is 31288 payable with what the notes say? Medicare.", "slow.pdf", "CPT 31267 was done too.", "slower.pdf", "CPT 31256 as well."))
		first := string(b.smtp.WaitMessages(t, 1)[0].Data)
		if !strings.Contains(first, "31288") || strings.Contains(first, "31267") || !strings.Contains(first, "still being read") {
			t.Error("the first summary must have the mail's own code, not the document's, and say that something is still being read")
		}
		b.wait("the first summary to be accepted", func() bool {
			d := b.view(b.cases()[0].Ref).Deliveries
			return len(d) == 1 && d[0].State == casefile.DeliveryAccepted
		})
		close(script.gates["slow.pdf"])
		b.wait("the first document to be read", func() bool { return b.view(b.cases()[0].Ref).Messages[0].Attachments[0].TextBytes > 0 })
		close(script.gates["slower.pdf"])
		second := string(b.smtp.WaitMessages(t, 2)[1].Data)
		b.settled()
		for _, want := range []string{"31288", "31267", "31256", "adds to our earlier mail"} {
			if !strings.Contains(second, want) {
				t.Errorf("the second summary lacks %q", want)
			}
		}
		if n := len(b.smtp.Messages()); n != 2 {
			t.Errorf("%d mails, want two: what two documents add is told once", n)
		}
		if c := b.cases()[0]; c.State != casefile.Waiting || c.Has(casefile.Reopened) || strings.Join(c.Codes, " ") != "31288 31267 31256" {
			t.Errorf("the case %+v", c)
		}
		b.proven()
	})
}

func TestALateDocumentWithoutNewsSendsNothing(t *testing.T) {
	t.Parallel()
	storetest.EachURL(t, func(t *testing.T, url string) {
		script := &readerScript{gates: map[string]chan struct{}{"slow.pdf": make(chan struct{})}}
		b := setup(t, url, reading(script, 10*time.Millisecond), func(o *workflow.Options) {
			o.GraceBeforeReconcile, o.ReconcileEvery = 10*time.Millisecond, 50*time.Millisecond
		})
		b.start()
		b.deliver(attached("q1@clinic.example", "Is 31288 payable? Medicare.", "slow.pdf", "Nothing but prose."))
		b.smtp.WaitMessages(t, 1)
		b.wait("the first summary", func() bool {
			d := b.view(b.cases()[0].Ref).Deliveries
			return len(d) == 1 && d[0].State == casefile.DeliveryAccepted
		})
		close(script.gates["slow.pdf"])
		b.settled()
		if n := len(b.smtp.Messages()); n != 1 {
			t.Errorf("%d mails, want one", n)
		}
		if a := b.view(b.cases()[0].Ref).Messages[0].Attachments[0]; a.TextBytes == 0 {
			t.Error("the late text was not kept")
		}
		b.proven()
	})
}

func TestADocumentThatCannotBeReadHoldsUpNothing(t *testing.T) {
	t.Parallel()
	storetest.EachURL(t, func(t *testing.T, url string) {
		b := setup(t, url, reading(&readerScript{fail: errors.New("no child can be started")}, time.Minute),
			func(o *workflow.Options) { o.RetryAfter = func(int64) time.Duration { return 0 } })
		b.start()
		b.deliver(attached("q1@clinic.example", "Is 31288 payable? Medicare.", "a.pdf", "CPT 31267"))
		sent := b.smtp.WaitMessages(t, 1)
		b.settled()
		if !strings.Contains(string(sent[0].Data), "could not be read here") {
			t.Error("the summary does not say that the attachment could not be read")
		}
		b.proven()
	})
}

func TestTheSameDocumentIsReadOnce(t *testing.T) {
	t.Parallel()
	storetest.EachURL(t, func(t *testing.T, url string) {
		script := &readerScript{}
		b := setup(t, url, reading(script, time.Minute))
		b.start()
		b.deliver(attached("q1@clinic.example", "See the note. Medicare.", "a.pdf", "CPT 31267"))
		id := deliveryID(b.smtp.WaitMessages(t, 1)[0].Data)
		b.settled()
		again := strings.Replace(attached("q2@clinic.example", "Once more: is it payable with 31288?", "a.pdf", "CPT 31267"), "MIME-Version", "References: <"+id+">\nMIME-Version", 1)
		b.deliver(again)
		b.settled()
		v := b.view(b.cases()[0].Ref)
		incoming := 0
		for _, m := range v.Messages {
			if m.Direction == casefile.In {
				incoming++
				if len(m.Attachments) != 1 || m.Attachments[0].TextBytes == 0 {
					t.Errorf("attachments %+v", m.Attachments)
				}
			}
		}
		if incoming != 2 || script.count() != 1 {
			t.Errorf("%d messages in the case, the document read %d times, want 2 and once", incoming, script.count())
		}
	})
}

func deliveryID(mail []byte) string {
	_, rest, _ := strings.Cut(string(mail), "Message-ID: <")
	id, _, _ := strings.Cut(rest, ">")
	return id
}

// Whoever deletes River's jobs, or loses them, delays documents and loses none.
func TestDocumentsAreReadThoughTheirJobsAreLost(t *testing.T) {
	t.Parallel()
	storetest.EachURL(t, func(t *testing.T, url string) {
		b := setup(t, url, reading(&readerScript{}, time.Minute), func(o *workflow.Options) {
			o.GraceBeforeReconcile, o.ReconcileEvery = 10*time.Millisecond, 50*time.Millisecond
		})
		b.deliver(attached("q1@clinic.example", "See the note. Medicare.", "a.pdf", "CPT 31267"))
		entry, err := b.line.Ledger().Due(t.Context(), time.Now().Add(time.Hour), 1)
		must(t, err)
		must(t, b.line.ReadNow(t.Context(), entry[0].EntryID))
		list, err := b.line.River().JobList(t.Context(), river.NewJobListParams().First(100))
		must(t, err)
		for _, job := range list.Jobs {
			_, err := b.line.River().JobDelete(t.Context(), job.ID)
			must(t, err)
		}
		if !hasKind(list.Jobs, "document") {
			t.Fatalf("no document job among %d", len(list.Jobs))
		}
		b.start()
		if sent := b.smtp.WaitMessages(t, 1); !strings.Contains(string(sent[0].Data), "31267") {
			t.Error("the summary lacks the document's code")
		}
		b.settled()
		b.proven()
	})
}

func hasKind(jobs []*rivertype.JobRow, kind string) bool {
	for _, job := range jobs {
		if job.Kind == kind {
			return true
		}
	}
	return false
}

// A mail that was set aside has its documents read once a person makes it a case.
func TestDocumentsOfAMailThatBecomesACaseAreRead(t *testing.T) {
	t.Parallel()
	storetest.EachURL(t, func(t *testing.T, url string) {
		script := &readerScript{}
		b := setup(t, url, reading(script, time.Minute))
		b.start()
		b.deliver(strings.Replace(attached("q1@clinic.example", "Scan attached.", "a.pdf", "CPT 31267"), "MIME-Version", "Auto-Submitted: auto-generated\nMIME-Version", 1))
		b.settled()
		c := b.cases()[0]
		if c.State != casefile.SetAside || script.count() != 0 {
			t.Fatalf("state %s, %d documents read", c.State, script.count())
		}
		must(t, b.line.Office().Reopen(t.Context(), c.Ref, b.dana.ID))
		b.settled()
		if v := b.view(c.Ref); len(v.Codes) != 1 || v.Codes[0] != "31267" || v.State != casefile.Waiting {
			t.Errorf("codes %v, state %s", v.Codes, v.State)
		}
		if n := len(b.smtp.Messages()); n != 0 {
			t.Errorf("%d mails to a machine", n)
		}
	})
}
