package message_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Our own letters, as they are sent, come back under an answer in the ways of many programs: none of their lines is taken for the answer.
func TestOwnLettersQuotedBack(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../../mailout/testdata/golden/*.txt")
	if err != nil || len(files) < 5 {
		t.Fatalf("%d letters, %v", len(files), err)
	}
	const answer = "The payer is Medicare, left side.\n\nCan we add 31288-50?\n\nThanks,\nLee"
	shown := "<p>" + strings.ReplaceAll(strings.ReplaceAll(answer, "\n\n", "</p><p>"), "\n", "<br>") + "</p>"
	const who = "Example Coding Consultants &lt;consult@firm.example&gt;"
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		_, letter, _ := strings.Cut(strings.ReplaceAll(string(raw), "\r\n", "\n"), "\n\n")
		letter = strings.TrimSpace(letter)
		page := "<pre>" + strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(letter) + "</pre>"
		if source, err := os.ReadFile(strings.TrimSuffix(file, ".txt") + ".html"); err == nil {
			page = string(source)
			if at := strings.Index(page, "<body"); at >= 0 {
				page = strings.TrimSuffix(strings.TrimSpace(page[at:]), "</html>")
				page = "<div" + strings.TrimSuffix(strings.TrimSpace(strings.TrimPrefix(page, "<body")), "</body>") + "</div>"
			}
		}
		const on = "On Mon, Mar 2, 2026 at 9:00 AM Example Coding Consultants <consult@firm.example> wrote:"
		const block = "From: Example Coding Consultants <consult@firm.example>\nSent: Monday, March 2, 2026 9:00 AM\nTo: Lee Example <lee@clinic.example>\nSubject: 31297 [CC-4821-K7RQ9]\n\n"
		quoted := "> " + strings.ReplaceAll(letter, "\n", "\n> ")
		for way, text := range map[string]string{
			"above": answer + "\n\n" + on + "\n\n" + quoted, "below": on + "\n" + quoted + "\n\n" + answer, "unmarked": answer + "\n\n" + on + "\n\n" + letter,
			"outlook": answer + "\n\n" + block + letter, "original": answer + "\n\n-----Original Message-----\n" + block + letter,
		} {
			m := plainMail(t, "Re: 31297 [CC-4821-K7RQ9]", text)
			if m.Reply != answer || m.Forward {
				t.Errorf("%s %s: reply\n%s", filepath.Base(file), way, m.Reply)
			}
		}
		for way, source := range map[string]string{
			"gmail":       shown + `<div class="gmail_quote"><div class="gmail_attr">On Mon, Mar 2, 2026 at 9:00 AM ` + who + ` wrote:<br></div><blockquote class="gmail_quote">` + page + `</blockquote></div>`,
			"gmail below": `<div class="gmail_quote"><div class="gmail_attr">On Mon, Mar 2, 2026 at 9:00 AM ` + who + ` wrote:<br></div><blockquote class="gmail_quote">` + page + `</blockquote>` + shown + `</div>`,
			"apple":       shown + `<blockquote type="cite"><div>On Mar 2, 2026, at 9:00 AM, ` + who + ` wrote:</div>` + page + `</blockquote>`,
			"outlook":     shown + `<div style="border:none;border-top:solid #E1E1E1 1.0pt"><p class="MsoNormal"><b>From:</b> ` + who + `<br><b>Sent:</b> Monday, March 2, 2026 9:00 AM<br><b>To:</b> Lee<br><b>Subject:</b> 31297</p></div>` + page,
			"web":         shown + `<div id="appendonsend"></div><hr><div id="divRplyFwdMsg"><b>From:</b> ` + who + `<br><b>Sent:</b> Monday, March 2, 2026 9:00 AM<br><b>Subject:</b> 31297</div>` + page,
			"yahoo":       shown + `<div class="yahoo_quoted"><div>On Monday, March 2, 2026 at 09:00:00 AM EST, ` + who + ` wrote:</div>` + page + `</div>`,
			"thunderbird": shown + `<div class="moz-cite-prefix">On 3/2/2026 9:00 AM, Example Coding Consultants wrote:<br></div><blockquote type="cite">` + page + `</blockquote>`,
		} {
			raw := mail(append(head("Content-Type: text/html; charset=utf-8"), "", source)...)
			m := parse(t, strings.Replace(raw, "Subject: 31297 with 31288", "Subject: Re: 31297 [CC-4821-K7RQ9]", 1))
			if m.Reply != answer || m.Forward {
				t.Errorf("%s %s: reply\n%s", filepath.Base(file), way, m.Reply)
			}
		}
	}
}
