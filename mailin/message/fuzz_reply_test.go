package message_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// FuzzReply: whatever follows, the question that stands first is new; every line is somewhere; nothing is told twice.
func FuzzReply(f *testing.F) {
	for _, file := range []string{"layouts.txt", "lookalikes.txt", "forwards.txt"} {
		for _, l := range labelledMails(f, file) {
			f.Add(l.subject, l.text)
		}
	}
	for _, file := range []string{"attributions.list", "blocks.list", "forwards.list", "signatures.list", "banners.list"} {
		names, texts := listed(f, file)
		for i := 0; i < len(names); i += 7 {
			f.Add("Re: 31297", texts[names[i]]+"\n> Which side was it?")
		}
	}
	goldens, err := filepath.Glob("testdata/golden/reply-*.eml")
	if err != nil || len(goldens) == 0 {
		f.Fatal("no golden mails", err)
	}
	for _, file := range goldens {
		raw, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		if _, text, ok := strings.Cut(string(raw), "\n\n"); ok && len(text) < 2000 {
			f.Add("Re: 31297", text)
		}
	}
	const question = "Is 31297-50 payable with 31288 for case 90210?"
	f.Fuzz(func(t *testing.T, subject, text string) {
		if len(text) > 20_000 || strings.ContainsAny(subject, "\r\n") {
			return
		}
		text = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(strings.ToValidUTF8(text, ""))
		if strings.Contains(text, "\nend") || strings.Contains(text, "-----BEGIN PGP") {
			return // files within a text are no lines of it, and armour comes off
		}
		raw := mail(append(head("Content-Type: text/plain; charset=utf-8"), "", strings.ReplaceAll(question+"\n\n"+text, "\n", "\r\n"))...)
		m := parse(t, strings.Replace(raw, "Subject: 31297 with 31288", "Subject: "+strings.ToValidUTF8(subject, ""), 1))
		if !strings.HasPrefix(m.Text, question) {
			return // the text itself was read otherwise: a charset, a page
		}
		if !strings.HasPrefix(m.Reply, question) {
			t.Fatalf("the question is not in the reply\n%q\nquoted %q\nsignature %q", m.Reply, m.Quoted, m.Signature)
		}
		all := len(letters(m.Reply)) + len(letters(m.Quoted)) + len(letters(m.Signature))
		if want := len(letters(m.Text)); all != want {
			t.Fatalf("the three texts have %d letters, the whole one %d", all, want)
		}
	})
}

// letters is a text without its white space.
func letters(s string) string { return strings.Join(strings.Fields(s), "") }
