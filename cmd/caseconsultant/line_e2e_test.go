package main_test

import (
	"context"
	"encoding/base64"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"caseconsultant/mailin/imaptest"
	"caseconsultant/mailout/smtptest"
	"caseconsultant/workflow/store/storetest"
)

// The whole line as its users meet it: a mail in a real mailbox, its summary, the answers from the command line and
// from the desk in a browser, a follow-up; with nothing but a configuration file, on Dovecot, on both databases.
func TestTheWholeLine(t *testing.T) {
	for _, c := range []struct {
		name     string
		database func(testing.TB) string
	}{{"SQLite", storetest.SQLiteURL}, {"PostgreSQL", storetest.PostgresURL}} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			f := newFirm(t, imaptest.Dovecot(t), c.database(t))
			const password = "a long enough passphrase"
			f.run(password+"\n", "user", "add", "dana@firm.example", "--name", "Dana Example", "--password-stdin")
			f.serve()
			f.untilReady()

			f.ask(1, false)
			summary := f.smtp.WaitMessages(t, 1)[0]
			f.wait("the case", 30*time.Second, func() bool { c := f.cases(); return len(c) == 1 && c[0].State == "waiting" })
			ref := f.cases()[0].Ref
			f.expect(summary.Data, "In-Reply-To: <q1@clinic.example>", "Auto-Submitted: auto-replied", ref, "31297-50")

			f.run("Both sides: report 31288-50.\n", "case", "answer", ref, "--as", "dana@firm.example", "--file", "-")
			answer := f.smtp.WaitMessages(t, 2)[1]
			f.expect(answer.Data, "In-Reply-To: <q1@clinic.example>", "Both sides: report 31288-50.", "Dana Example", ref)

			// The asker answers our answer.
			id := regexp.MustCompile(`(?mi)^Message-ID: <([^>]+)>`).FindSubmatch(answer.Data)
			if id == nil {
				t.Fatal("the answer has no Message-ID")
			}
			f.imap.Append(t, "INBOX", fmt.Appendf(nil, "From: asker1@clinic.example\r\nTo: consult@firm.example\r\nDate: %s\r\nSubject: Re: Question 1 [%s]\r\nMessage-ID: <f1@clinic.example>\r\n"+
				"In-Reply-To: <%s>\r\nReferences: <q1@clinic.example> <%s>\r\n\r\nAnd is 31287 payable on the left side?\r\n\r\n> Both sides: report 31288-50.\r\n", time.Now().Format(time.RFC1123Z), ref, id[1], id[1]), nil, time.Now())
			f.wait("the follow-up to reopen the case", 30*time.Second, func() bool { return f.show(ref).State == "waiting" })
			if n := len(f.cases()); n != 1 {
				t.Errorf("%d cases, want 1", n)
			}

			f.answerAtTheDesk(ref, "dana@firm.example", password, "On the left, 31287 alone.")
			f.wait("the second answer", 30*time.Second, func() bool {
				for _, m := range f.smtp.Messages() {
					if strings.Contains(string(m.Data), "On the left, 31287 alone.") {
						f.expect(m.Data, "In-Reply-To: <f1@clinic.example>", "<q1@clinic.example>", ref)
						return true
					}
				}
				return false
			})

			// The mails in the mailbox are marked, and unread as they were.
			f.wait("the marks", 30*time.Second, func() bool {
				marked := 0
				for _, m := range f.imap.List(t, "INBOX") {
					flags := strings.ToLower(strings.Join(m.Flags, " "))
					if strings.Contains(flags, `\seen`) {
						t.Errorf("a mail was marked as read: %s", flags)
					}
					if strings.Contains(flags, "$caseconsultantdone") {
						marked++
					}
				}
				return marked == 2
			})

			// Codes that stand in a document only.
			note := base64.StdEncoding.EncodeToString(onePagePDF("Procedure performed: CPT 31267, left."))
			f.imap.Append(t, "INBOX", fmt.Appendf(nil, "From: asker2@clinic.example\r\nTo: consult@firm.example\r\nDate: %s\r\nSubject: note\r\nMessage-ID: <d1@clinic.example>\r\n"+
				"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nWhat do we bill? Medicare.\r\n--b\r\nContent-Type: application/octet-stream; name=scan\r\n"+
				"Content-Transfer-Encoding: base64\r\n\r\n%s\r\n--b--\r\n", time.Now().Format(time.RFC1123Z), note), nil, time.Now())
			f.wait("the summary with the document's code", 60*time.Second, func() bool {
				return slices.ContainsFunc(f.smtp.Messages(), func(m smtptest.Message) bool {
					return strings.Contains(string(m.Data), "In-Reply-To: <d1@clinic.example>") && strings.Contains(string(m.Data), "31267")
				})
			})
			f.stop()
		})
	}
}

// onePagePDF is a PDF of one page with one line.
func onePagePDF(line string) []byte {
	content := "BT /F1 12 Tf 72 720 Td (" + line + ") Tj ET"
	objects := []string{"<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
		"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
		fmt.Sprintf("<< /Length %d >>\nstream\n%s\nendstream", len(content), content), "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"}
	out := []byte("%PDF-1.4\n")
	xref := fmt.Sprintf("xref\n0 %d\n0000000000 65535 f \n", len(objects)+1)
	for i, object := range objects {
		xref += fmt.Sprintf("%010d 00000 n \n", len(out))
		out = fmt.Appendf(out, "%d 0 obj\n%s\nendobj\n", i+1, object)
	}
	return fmt.Appendf(out, "%strailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n", xref, len(objects)+1, len(out))
}

func (f *firm) expect(mail []byte, parts ...string) {
	f.t.Helper()
	for _, part := range parts {
		if !strings.Contains(string(mail), part) {
			f.t.Errorf("the mail lacks %q:\n%s", part, mail)
		}
	}
}

// answerAtTheDesk signs in, opens the case, claims it and sends an answer, in Chromium.
func (f *firm) answerAtTheDesk(ref, email, password, body string) {
	t := f.t
	t.Helper()
	path := os.Getenv("CASECONSULTANT_TEST_CHROMIUM")
	if path == "" {
		if os.Getenv("CASECONSULTANT_TEST_ALL") != "" {
			t.Fatal("CASECONSULTANT_TEST_CHROMIUM is not set, and CASECONSULTANT_TEST_ALL allows no test to be left out")
		}
		// Without a browser the same letter goes by the command line.
		f.run(body, "case", "answer", ref, "--as", email, "--file", "-")
		return
	}
	ctx, cancel := chromedp.NewExecAllocator(t.Context(), append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true), chromedp.WSURLReadTimeout(60*time.Second))...)
	defer cancel()
	ctx, cancel = chromedp.NewContext(ctx, chromedp.WithErrorf(func(string, ...any) {}))
	defer cancel()
	ctx, cancel = context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	until := func(condition string) {
		t.Helper()
		f.wait("the desk: "+condition, time.Minute, func() bool {
			ok, err := chromedp.Run(ctx, chromedp.Evaluate[bool](`document.readyState === "complete" && !!(`+condition+`)`))
			return err == nil && ok
		})
	}
	do := func(steps ...chromedp.Action[chromedp.Void]) {
		t.Helper()
		if err := chromedp.Do(ctx, steps...); err != nil {
			t.Fatal(err)
		}
	}
	do(chromedp.Navigate(f.desk+"/login"), chromedp.WaitReady(chromedp.CSS("main")),
		chromedp.SendKeys(chromedp.CSS("input[name=email]"), email), chromedp.SendKeys(chromedp.CSS("input[name=password]"), password),
		chromedp.Click(chromedp.CSS("form .button")))
	until(`location.pathname === "/queue" && document.body.textContent.includes("` + ref + `")`)
	do(chromedp.Navigate(f.desk+"/cases/"+ref), chromedp.WaitReady(chromedp.CSS("main")), chromedp.Click(chromedp.CSS("form[name=claim] button")))
	until(`document.querySelector(".case-state")?.textContent.includes("You have it")`)
	do(chromedp.SendKeys(chromedp.CSS("form[name=answer] textarea"), body), chromedp.Click(chromedp.CSS("form[name=answer] .button.primary")))
	until(`document.querySelector(".case-state")?.textContent.includes("Answered")`)
}
