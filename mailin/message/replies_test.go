package message_test

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/text/unicode/norm"
)

// listed reads a list of what mail programs write: a name, a tab, a text in which ⏎ stands for a line end.
func listed(t testing.TB, file string) (names []string, texts map[string]string) {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata", "replies", file))
	if err != nil {
		t.Fatal(err)
	}
	texts = map[string]string{}
	for line := range strings.Lines(string(raw)) {
		line = strings.TrimSuffix(line, "\n")
		if line == "" || line[0] == '#' {
			continue
		}
		name, text, ok := strings.Cut(line, "\t")
		if _, twice := texts[name]; !ok || twice {
			t.Fatalf("%s: %q is no entry, or its name stands there twice", file, line)
		}
		names = append(names, name)
		texts[name] = strings.ReplaceAll(text, "⏎", "\n")
	}
	return names, texts
}

// labelled is a mail whose lines say what they are: "r|" new, "q|" quoted, "s|" signature.
type labelled struct {
	name, subject            string
	forward                  bool
	text, html               string
	reply, quoted, signature []string
}

func (l *labelled) add(class byte, s string) {
	l.text += s + "\n"
	if strings.TrimSpace(s) == "" {
		return
	}
	switch class {
	case 'r':
		l.reply = append(l.reply, s)
	case 'q':
		l.quoted = append(l.quoted, s)
	case 's':
		l.signature = append(l.signature, s)
	}
}

func (l *labelled) addAll(class byte, s string) {
	for line := range strings.SplitSeq(s, "\n") {
		l.add(class, line)
	}
}

// differs parses the mail and says in what it is read otherwise, "" if in nothing.
func (l *labelled) differs(t testing.TB) string {
	m := plainMail(t, l.subject, l.text)
	if l.html != "" {
		raw := mail(append(head("Content-Type: text/html; charset=utf-8"), "", l.html)...)
		m = parse(t, strings.Replace(raw, "Subject: 31297 with 31288", "Subject: "+l.subject, 1))
	}
	var wrong []string
	compare := func(what, got string, want []string) {
		if g, w := shown(strings.Split(got, "\n")), shown(want); g != w {
			wrong = append(wrong, fmt.Sprintf("%s\n%s\nwant\n%s", what, g, w))
		}
	}
	compare("reply", m.Reply, l.reply)
	compare("quoted", m.Quoted, l.quoted)
	compare("signature", m.Signature, l.signature)
	if m.Forward != l.forward {
		wrong = append(wrong, fmt.Sprintf("forward %t", m.Forward))
	}
	return strings.Join(wrong, "\n")
}

// shown are the lines that have a text; quoted empty ones have none.
func shown(lines []string) string {
	var b strings.Builder
	for _, line := range lines {
		if line = strings.TrimSpace(line); strings.Trim(line, "> ") != "" {
			b.WriteString("\t" + line + "\n")
		}
	}
	return b.String()
}

func labelledMails(t testing.TB, file string) []*labelled {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata", "replies", file))
	if err != nil {
		t.Fatal(err)
	}
	var all []*labelled
	for line := range strings.Lines(string(raw)) {
		line = strings.TrimSuffix(line, "\n")
		switch {
		case strings.HasPrefix(line, "=== "):
			fields := strings.Split(line[4:], ";")
			l := &labelled{name: strings.TrimSpace(fields[0]), subject: "Re: 31297"}
			for _, field := range fields[1:] {
				if s, ok := strings.CutPrefix(strings.TrimSpace(field), "subject: "); ok {
					l.subject = s
				} else if strings.TrimSpace(field) == "forward" {
					l.forward = true
				} else {
					t.Fatalf("%s: %q", file, line)
				}
			}
			all = append(all, l)
		case len(all) == 0 && strings.HasPrefix(line, "#"), len(all) == 0:
		case line == "":
			all[len(all)-1].text += "\n"
		case strings.HasPrefix(line, "h|"):
			all[len(all)-1].html += line[2:] + "\r\n"
		case len(line) > 1 && line[1] == '|':
			all[len(all)-1].add(line[0], line[2:])
		default:
			t.Fatalf("%s: %q has no label", file, line)
		}
	}
	return all
}

// The same mails with other spaces, with letters and accents apart as some systems write them, and with spaces at the ends of lines.
func TestLabelledMailsWrittenOtherwise(t *testing.T) {
	t.Parallel()
	same := strings.NewReplacer("\u00a0", " ", "\u202f", " ")
	for way, write := range map[string]func(string) string{
		"Spaces":  func(s string) string { return strings.ReplaceAll(s, " ", "\u202f") },
		"Accents": norm.NFD.String,
		"Ends":    func(s string) string { return strings.ReplaceAll(s, "\n", " \t\n") },
	} {
		t.Run(way, func(t *testing.T) {
			t.Parallel()
			for _, file := range []string{"layouts.txt", "lookalikes.txt", "forwards.txt", "varied.txt", "signoffs.txt"} {
				for _, l := range labelledMails(t, file) {
					m := plainMail(t, l.subject, write(l.text))
					if got, want := norm.NFC.String(same.Replace(shown(strings.Split(m.Reply, "\n")))), shown(l.reply); got != want {
						t.Errorf("%s: reply\n%s\nwant\n%s", l.name, got, want)
					}
				}
			}
		})
	}
}

// tally reports every mail that is read wrongly, and the share of those that are read rightly.
func tally(t *testing.T, mails []*labelled) {
	t.Helper()
	right := 0
	for _, l := range mails {
		if wrong := l.differs(t); wrong != "" {
			t.Errorf("%s: %s", l.name, wrong)
			continue
		}
		right++
	}
	t.Logf("%d of %d mails are read rightly", right, len(mails))
}

// Mails of many layouts, every line of which is told rightly.
func TestLabelledMails(t *testing.T) {
	t.Parallel()
	for _, file := range []string{"layouts.txt", "lookalikes.txt", "forwards.txt", "html.txt", "varied.txt", "pages.txt", "signoffs.txt"} {
		t.Run(strings.TrimSuffix(file, ".txt"), func(t *testing.T) {
			t.Parallel()
			tally(t, labelledMails(t, file))
		})
	}
}

// Attributions of many programs in many languages: above marked lines, above the answer, quoted once more, and over lines without marks.
func TestListedAttributions(t *testing.T) {
	t.Parallel()
	names, texts := listed(t, "attributions.list")
	var mails []*labelled
	mail := func(name string, parts ...string) {
		l := &labelled{name: name, subject: "Re: 31297"}
		for _, part := range parts {
			l.addAll(part[0], part[1:])
		}
		mails = append(mails, l)
	}
	for _, name := range names {
		line := texts[name]
		marked := "> Which side was it?\n> Dana"
		if strings.HasPrefix(line, "> ") {
			marked = "> \n" + marked
		}
		mail(name+"/above", "rThe left one.", "r", "q"+line, "q"+marked)
		mail(name+"/aboveApart", "rThe left one, so 31297-LT.", "rLee", "r", "q"+line, "r", "q"+marked)
		mail(name+"/tight", "rThe left one.", "q"+line, "q"+marked)
		mail(name+"/below", "q"+line, "q"+marked, "r", "rThe left one.")
		mail(name+"/quotedTwice", "rThe left one.", "r", "qOn Tue, Mar 3, 2026 at 9:00 AM Pat <pat@firm.example> wrote:", "q> "+strings.ReplaceAll(line, "\n", "\n> "), "q>> Which side was it?")
		if name[0] != '~' && !strings.HasPrefix(line, "> ") {
			mail(name+"/unmarked", "rThe left one.", "r", "q"+line, "r", "qWhich side was it?", "r", "qDana")
		}
	}
	tally(t, mails)
}

// Header blocks of many programs in many languages, over text without marks.
func TestListedHeaderBlocks(t *testing.T) {
	t.Parallel()
	names, texts := listed(t, "blocks.list")
	var mails []*labelled
	for _, name := range names {
		for _, subject := range []string{"RE: 31297", "FW: 31297", "31297"} {
			l := &labelled{name: name + "/" + subject[:2], subject: subject, forward: subject[:2] == "FW"}
			block, history := texts[name], "\nWhich side was it?\n\nDana"
			if strings.HasPrefix(block, ">") || strings.HasPrefix(block, "|") {
				history = block[:1] + strings.ReplaceAll(history, "\n", "\n"+block[:1]+" ")
			}
			l.addAll('r', "The left one.\n\nThanks,\nLee\n")
			l.addAll('q', block)
			l.addAll('q', history)
			mails = append(mails, l)
		}
	}
	tally(t, mails)
}

// The marks that programs write over a forward, in many languages, with and without a comment.
func TestListedForwardMarks(t *testing.T) {
	t.Parallel()
	names, texts := listed(t, "forwards.list")
	const forwarded = "From: Pat Example <pat@other.example>\nDate: Mon, 2 Mar 2026 09:00:00 -0500\nSubject: op note\nTo: Lee Example <lee@clinic.example>\n\n31267 was done."
	var mails []*labelled
	for _, name := range names {
		l := &labelled{name: name + "/comment", subject: "Fwd: op note", forward: true}
		l.addAll('r', "What do we bill?\n")
		l.addAll('q', texts[name]+"\n\n"+forwarded)
		alone := &labelled{name: name + "/alone", subject: "Fwd: op note", forward: true}
		alone.addAll('q', texts[name]+"\n"+forwarded)
		marked := &labelled{name: name + "/marked", subject: "Fwd: op note", forward: true}
		marked.addAll('r', "What do we bill?\n")
		marked.addAll('q', texts[name]+"\n\n> "+strings.ReplaceAll(forwarded, "\n", "\n> "))
		marked.addAll('r', "\nThanks, Lee")
		mails = append(mails, l, alone, marked)
	}
	tally(t, mails)
}

// Sign-offs of all kinds go to the signature, and the sender's closing line stays; banners of gateways go there too.
func TestListedSignOffs(t *testing.T) {
	t.Parallel()
	var mails []*labelled
	names, texts := listed(t, "signatures.list")
	more, moreTexts := listed(t, "signatures2.list")
	names = append(names, more...)
	maps.Copy(texts, moreTexts)
	for _, name := range names {
		for _, closing := range []string{"", "\n\nThanks,\nLee"} {
			l := &labelled{name: name, subject: "31297"}
			l.addAll('r', "Is 31297 payable with 31288?"+closing+"\n")
			l.addAll('s', texts[name])
			if closing == "" && strings.HasPrefix(name, "Contact") {
				// The name of somebody who has not closed otherwise may stay.
				continue
			}
			mails = append(mails, l)
			above := &labelled{name: name + "/above a quote", subject: "Re: 31297"}
			above.addAll('r', "Is 31297 payable with 31288?"+closing+"\n")
			above.addAll('s', texts[name]+"\n")
			above.addAll('q', "On Mon, Mar 2, 2026 at 9:00 AM Dana Example <dana@firm.example> wrote:\n> Which side was it?")
			mails = append(mails, above)
		}
	}
	names, texts = listed(t, "banners.list")
	for _, name := range names {
		l := &labelled{name: name, subject: "31297"}
		l.addAll('s', texts[name]+"\n")
		l.addAll('r', "Hi Dana,\n\nIs 31297 payable with 31288?")
		mails = append(mails, l)
	}
	tally(t, mails)
}

// The same attributions and header blocks on pages: within the marks of a program, and in plain paragraphs.
func TestListedHistoryOnPages(t *testing.T) {
	t.Parallel()
	escape := strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", "\n", "<br>\r\n")
	right, all := 0, 0
	check := func(name, subject, source string) {
		raw := mail(append(head("Content-Type: text/html; charset=utf-8"), "", source)...)
		m := parse(t, strings.Replace(raw, "Subject: 31297 with 31288", "Subject: "+subject, 1))
		all++
		if m.Reply != "The left one.\n\nLee" || !strings.Contains(m.Quoted, "Which side") || !strings.Contains(m.Quoted, "Dana") || m.Forward != strings.HasPrefix(subject, "FW") {
			t.Errorf("%s: reply %q, quoted %q, forward %t", name, m.Reply, m.Quoted, m.Forward)
			return
		}
		right++
	}
	const answer = "<div>The left one.</div><div><br></div><div>Lee</div>"
	names, texts := listed(t, "attributions.list")
	for _, name := range names {
		line := escape.Replace(texts[name])
		check(name+"/gmail", "Re: 31297", answer+`<br><div class="gmail_quote"><div class="gmail_attr">`+line+`<br></div><blockquote class="gmail_quote">Which side was it?<br>Dana</blockquote></div>`)
		check(name+"/thunderbird", "Re: 31297", answer+`<div class="moz-cite-prefix">`+line+`<br></div><blockquote type="cite"><p>Which side was it?</p><p>Dana</p></blockquote>`)
		check(name+"/within", "Re: 31297", answer+`<blockquote type="cite"><div>`+line+`</div><br><div>Which side was it?<br>Dana</div></blockquote>`)
		if !strings.HasPrefix(texts[name], "> ") {
			check(name+"/bare", "Re: 31297", answer+`<div>`+line+`</div><blockquote><div>Which side was it?</div><div>Dana</div></blockquote>`)
			check(name+"/below", "Re: 31297", `<div>`+line+`</div><blockquote><div>Which side was it?</div><div>Dana</div></blockquote>`+answer)
		}
	}
	names, texts = listed(t, "blocks.list")
	for _, name := range names {
		if strings.HasPrefix(texts[name], ">") || strings.HasPrefix(texts[name], "|") {
			continue
		}
		block := escape.Replace(texts[name])
		const history = `<div>Which side was it?</div><div>Dana</div>`
		for _, subject := range []string{"RE: 31297", "FW: 31297"} {
			check(name+"/outlook", subject, answer+`<div style="border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0in 0in 0in"><p class="MsoNormal">`+block+`</p></div>`+history)
			check(name+"/web", subject, answer+`<div id="appendonsend"></div><hr><div id="divRplyFwdMsg">`+block+`</div>`+history)
			check(name+"/paragraphs", subject, answer+`<p>`+block+`</p>`+history)
			check(name+"/lines", subject, answer+`<div>`+strings.ReplaceAll(block, "<br>", "</div><div>")+`</div>`+history)
		}
	}
	t.Logf("%d of %d pages are read rightly", right, all)
}
