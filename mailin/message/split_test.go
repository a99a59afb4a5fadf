package message_test

import (
	"strings"
	"testing"
)

func TestReplyQuotedSignature(t *testing.T) {
	t.Parallel()
	const forwardHead = "---------- Forwarded message ---------\nFrom: Pat <pat@other.example>\nDate: Mon, 2 Mar 2026\nSubject: op note\n\n31267 was done."
	for name, c := range map[string]struct {
		subject string
		text    string
		reply   string
		quoted  string // a part of it
		sign    string // a part of it
		forward bool
	}{
		"Plain":          {text: "Is 31297 payable?\n\nThanks,\nLee", reply: "Is 31297 payable?\n\nThanks,\nLee"},
		"SigMark":        {text: "Question about 31297.\n\n-- \nLee Example\nExample ENT", reply: "Question about 31297.", sign: "Example ENT"},
		"TopPosted":      {text: "Yes, both sides.\n\nOn Mon, 2 Mar 2026 at 09:00, Dana <dana@firm.example> wrote:\n> Which side was 31288?\n> Dana", reply: "Yes, both sides.", quoted: "Which side"},
		"WrappedIntro":   {text: "Yes.\n\nOn Mon, 2 Mar 2026 at 09:00, Dana Example of the Example Coding Firm\n<dana@firm.example> wrote:\n\n> Which side?", reply: "Yes.", quoted: "Dana Example of the"},
		"BottomPosted":   {text: "On 2 Mar 2026, Dana wrote:\n> Which side?\n\nThe left one, 31297-LT.", reply: "The left one, 31297-LT.", quoted: "Which side?"},
		"Interleaved":    {text: "On 2 Mar 2026, Dana wrote:\n> Which side?\nLeft.\n> Which payer?\nMedicare.", reply: "Left.\nMedicare.", quoted: "Which payer?"},
		"German":         {text: "Links.\n\nAm 02.03.2026 um 09:00 schrieb Dana:\n> Welche Seite?", reply: "Links.", quoted: "Welche"},
		"French":         {text: "À gauche.\n\nLe 2 mars 2026 à 09:00, Dana <d@firm.example> a écrit :\n> Quel côté ?", reply: "À gauche.", quoted: "Quel"},
		"Spanish":        {text: "Izquierda.\n\nEl lun, 2 mar 2026 a las 9:00, Dana (<d@firm.example>) escribió:\n> ¿Qué lado?", reply: "Izquierda.", quoted: "lado"},
		"Italian":        {text: "Sinistra.\n\nIl giorno lun 2 mar 2026 alle ore 09:00 Dana <d@firm.example> ha scritto:\n> Quale lato?", reply: "Sinistra.", quoted: "lato"},
		"Dutch":          {text: "Links.\n\nOp ma 2 mrt. 2026 om 09:00 schreef Dana <d@firm.example>:\n> Welke kant?", reply: "Links.", quoted: "kant"},
		"Polish":         {text: "Lewa.\n\nW dniu 2.03.2026 o 09:00, Dana pisze:\n> Która strona?", reply: "Lewa.", quoted: "strona"},
		"Russian":        {text: "Левая.\n\nпн, 2 мар. 2026 г. в 09:00, Dana <d@firm.example> написал:\n> Какая сторона?", reply: "Левая.", quoted: "сторона"},
		"Japanese":       {text: "左です。\n\n2026年3月2日(月) 9:00 Dana <d@firm.example> のメール:\n> どちら側?", reply: "左です。", quoted: "どちら"},
		"NoMarks":        {text: "Left.\n\nOn Monday, March 2, 2026, 09:00 AM EST, Dana <d@firm.example> wrote:\n\nWhich side?\n\nDana", reply: "Left.", quoted: "Which side?"},
		"Outlook":        {text: "Left side.\n\nFrom: Dana Example <dana@firm.example>\nSent: Monday, March 2, 2026 9:00 AM\nTo: Lee <lee@clinic.example>\nSubject: RE: 31297\n\nWhich side?", reply: "Left side.", quoted: "Which side?"},
		"OutlookRule":    {text: "Left side.\n\n________________________________\nFrom: Dana Example\nSent: Monday, March 2, 2026 9:00 AM\nSubject: RE: 31297\n\nWhich side?", reply: "Left side.", quoted: "Which side?"},
		"OutlookGerman":  {text: "Links.\n\nVon: Dana <d@firm.example>\nGesendet: Montag, 2. März 2026 09:00\nAn: Lee\nBetreff: AW: 31297\n\nWelche Seite?", reply: "Links.", quoted: "Welche"},
		"Original":       {text: "Left.\n\n-----Original Message-----\nFrom: Dana\nSent: x\n\nWhich side?", reply: "Left.", quoted: "Which side?"},
		"Forward":        {subject: "Fwd: op note", text: "What do we bill?\n\n" + forwardHead, reply: "What do we bill?", quoted: "31267 was done", forward: true},
		"ForwardAlone":   {subject: "Fwd: op note", text: forwardHead, reply: "", quoted: "31267 was done", forward: true},
		"ForwardOutlook": {subject: "FW: op note", text: "See below.\n\nFrom: Pat\nSent: Monday\nTo: Lee\nSubject: op note\n\n31267 was done.", reply: "See below.", quoted: "31267", forward: true},
		"ForwardApple":   {text: "See.\n\nBegin forwarded message:\n\n> From: Pat\n> Subject: op note\n>\n> 31267 was done.", reply: "See.", quoted: "31267", forward: true},
		"OutlookAlone":   {text: "From: Pat\nSent: Monday\nTo: Lee\nSubject: op note\n\n31267 was done.", reply: "", quoted: "31267", forward: true},
		"SentFrom":       {text: "Is 99213 right?\n\nSent from my iPhone", reply: "Is 99213 right?", sign: "iPhone"},
		"Legal":          {text: "Is 99213 right?\n\nLee\n\nCONFIDENTIALITY NOTICE: This e-mail is for the\nintended recipient only.", reply: "Is 99213 right?\n\nLee", sign: "intended recipient"},
		"Contact":        {text: "Is 99213 right?\n\nThanks,\nLee Example, CPC\nBilling Manager\nPhone: (555) 555-0100\nlee@clinic.example", reply: "Is 99213 right?\n\nThanks,\nLee Example, CPC", sign: "555-0100"},
		"PhoneInText":    {text: "We billed 99213.\n\nPlease call me at 555-555-0100 if unclear.\nThe patient is waiting.", reply: "We billed 99213.\n\nPlease call me at 555-555-0100 if unclear.\nThe patient is waiting."},
		"GreaterThan":    {text: "Lesion\n> 5 mm, excised. 11401?", reply: "Lesion\n> 5 mm, excised. 11401?"},
		"ClaimTable":     {text: "From: 03/02/2026 To: 03/02/2026\n99213 25\n20610 RT", reply: "From: 03/02/2026 To: 03/02/2026\n99213 25\n20610 RT"},
		"OnlyQuoted":     {text: "> Is 99213 right?\n> Lee", reply: "> Is 99213 right?\n> Lee"},
		"WroteInText":    {text: "The doctor wrote: start 99213 today.\nIs that right?", reply: "The doctor wrote: start 99213 today.\nIs that right?"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			lines := append(head("Content-Type: text/plain; charset=utf-8"), "", strings.ReplaceAll(c.text, "\n", "\r\n"))
			raw := mail(lines...)
			if c.subject != "" {
				raw = strings.Replace(raw, "Subject: 31297 with 31288", "Subject: "+c.subject, 1)
			}
			m := parse(t, raw)
			if m.Reply != c.reply {
				t.Errorf("reply\n%s\nwant\n%s", m.Reply, c.reply)
			}
			if !strings.Contains(m.Quoted, c.quoted) || c.quoted == "" && m.Quoted != "" {
				t.Errorf("quoted %q, want %q in it", m.Quoted, c.quoted)
			}
			if !strings.Contains(m.Signature, c.sign) || c.sign == "" && m.Signature != "" {
				t.Errorf("signature %q, want %q in it", m.Signature, c.sign)
			}
			if m.Forward != c.forward {
				t.Errorf("forward %t, want %t", m.Forward, c.forward)
			}
		})
	}
}

func TestQuoteMarksOfHTML(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		html, reply, quoted string
		forward             bool
	}{
		"Gmail":       {html: `<div dir="ltr">Left side.</div><br><div class="gmail_quote gmail_quote_container"><div dir="ltr" class="gmail_attr">On Mon, Mar 2, 2026 at 9:00 AM Dana &lt;<a href="mailto:d@firm.example">d@firm.example</a>&gt; wrote:<br></div><blockquote class="gmail_quote">Which side?</blockquote></div>`, reply: "Left side.", quoted: "Which side?"},
		"GmailBelow":  {html: `<div class="gmail_quote">On x, y wrote:<blockquote>Which side?</blockquote></div><div>The left one.</div>`, reply: "The left one.", quoted: "Which side?"},
		"Apple":       {html: `<div>Left.</div><div><br><blockquote type="cite"><div>On Mar 2, 2026, at 9:00 AM, Dana &lt;d@firm.example&gt; wrote:</div><br><div>Which side?</div></blockquote></div>`, reply: "Left.", quoted: "Which side?"},
		"OutlookWeb":  {html: `<div>Left.</div><div id="appendonsend"></div><hr><div id="divRplyFwdMsg"><b>From:</b> Dana<br><b>Sent:</b> Monday<br><b>Subject:</b> x</div><div>Which side?</div>`, reply: "Left.", quoted: "Which side?"},
		"OutlookFwd":  {html: `<div>See.</div><div id="divRplyFwdMsg"><b>From:</b> Pat<br><b>Sent:</b> Monday<br><b>Subject:</b> op note</div><div>---------- Forwarded message ---------</div><div>31267</div>`, reply: "See.", quoted: "31267", forward: true},
		"Thunderbird": {html: `<p>Left.</p><div class="moz-cite-prefix">On 3/2/26 9:00, Dana wrote:<br></div><blockquote type="cite"><p>Which side?</p></blockquote>`, reply: "Left.", quoted: "Which side?"},
		"Yahoo":       {html: `<div>Left.</div><div id="yahoo_quoted_1" class="yahoo_quoted"><div>On Monday, Dana &lt;d@firm.example&gt; wrote:</div><div>Which side?</div></div>`, reply: "Left.", quoted: "Which side?"},
		"GmailFwd":    {html: `<div>What do we bill?</div><div class="gmail_quote"><div class="gmail_attr">---------- Forwarded message ---------<br>From: Pat<br>Subject: op note</div><div>31267 done</div></div>`, reply: "What do we bill?", quoted: "31267 done", forward: true},
		"Signature":   {html: `<div>Is 99213 right?</div><div class="gmail_signature">Lee<br>Example ENT</div>`, reply: "Is 99213 right?"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := parse(t, mail(append(head("Content-Type: text/html; charset=utf-8"), "", c.html)...))
			if m.Reply != c.reply || !strings.Contains(m.Quoted, c.quoted) || m.Forward != c.forward {
				t.Errorf("reply %q, want %q; quoted %q, want %q in it; forward %t\n%s", m.Reply, c.reply, m.Quoted, c.quoted, m.Forward, m.Text)
			}
		})
	}
}
