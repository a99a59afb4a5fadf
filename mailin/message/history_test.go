package message_test

import (
	"strings"
	"testing"

	"caseconsultant/mailin/message"
)

// plainMail parses a plain text under a subject.
func plainMail(t testing.TB, subject, text string) *message.Message {
	t.Helper()
	raw := mail(append(head("Content-Type: text/plain; charset=utf-8"), "", strings.ReplaceAll(text, "\n", "\r\n"))...)
	if subject != "" {
		raw = strings.Replace(raw, "Subject: 31297 with 31288", "Subject: "+subject, 1)
	}
	return parse(t, raw)
}

// The lines with which mail programs of many countries say who wrote what follows, on one line and broken in two.
func TestAttributionsOfManyLanguages(t *testing.T) {
	t.Parallel()
	for language, line := range map[string]string{
		"English":    "On Mon, Mar 2, 2026 at 9:00 AM Dana Example <dana@firm.example> wrote:",
		"EnglishAOL": "In a message dated 3/2/2026 9:00:00 A.M. Eastern Standard Time, dana@firm.example writes:",
		"German":     "Am Mo., 2. März 2026 um 09:00 Uhr schrieb Dana Example <dana@firm.example>:",
		"French":     "Le lun. 2 mars 2026 à 09:00, Dana Example <dana@firm.example> a écrit :",
		"Spanish":    "El lun, 2 mar 2026 a las 9:00, Dana Example (<dana@firm.example>) escribió:",
		"Catalan":    "El dl., 2 de març 2026, 9:00, Dana Example <dana@firm.example> va escriure:",
		"Italian":    "Il giorno lun 2 mar 2026 alle ore 09:00 Dana Example <dana@firm.example> ha scritto:",
		"Portuguese": "Em seg., 2 de mar. de 2026 às 09:00, Dana Example <dana@firm.example> escreveu:",
		"Dutch":      "Op ma 2 mrt 2026 om 09:00 schreef Dana Example <dana@firm.example>:",
		"Swedish":    "Den mån 2 mars 2026 kl 09:00 skrev Dana Example <dana@firm.example>:",
		"Danish":     "Den man. 2. mar. 2026 kl. 09.00 skrev Dana Example <dana@firm.example>:",
		"Norwegian":  "man. 2. mars 2026 kl. 09:00 skrev Dana Example <dana@firm.example>:",
		"Finnish":    "ma 2. maalisk. 2026 klo 9.00 Dana Example (dana@firm.example) kirjoitti:",
		"Polish":     "pon., 2 mar 2026 o 09:00 Dana Example <dana@firm.example> napisał(a):",
		"Czech":      "po 2. 3. 2026 v 9:00 odesílatel Dana Example <dana@firm.example> napsal:",
		"Slovak":     "po 2. 3. 2026 o 9:00 Dana Example <dana@firm.example> napísal(a):",
		"Hungarian":  "Dana Example <dana@firm.example> ezt írta (időpont: 2026. márc. 2., H, 9:00):",
		"Romanian":   "În lun., 2 mar. 2026 la 09:00, Dana Example <dana@firm.example> a scris:",
		"Croatian":   "pon, 2. ožu 2026. u 09:00 Dana Example <dana@firm.example> napisao je:",
		"Russian":    "пн, 2 мар. 2026 г. в 09:00, Dana Example <dana@firm.example>:",
		"Ukrainian":  "пн, 2 бер. 2026 р. о 09:00 Dana Example <dana@firm.example> пише:",
		"Greek":      "Στις Δευ 2 Μαρ 2026 στις 9:00 π.μ., ο χρήστης Dana Example <dana@firm.example> έγραψε:",
		"Turkish":    "Dana Example <dana@firm.example>, 2 Mar 2026 Pzt, 09:00 tarihinde şunu yazdı:",
		"Japanese":   "2026年3月2日(月) 9:00 Dana Example <dana@firm.example>:",
		"Chinese":    "Dana Example <dana@firm.example> 于2026年3月2日周一 09:00写道：",
		"Korean":     "2026년 3월 2일 (월) 오전 9:00, Dana Example <dana@firm.example>님이 작성:",
		"Vietnamese": "Vào Th 2, 2 thg 3, 2026 vào lúc 09:00 Dana Example <dana@firm.example> đã viết:",
	} {
		t.Run(language, func(t *testing.T) {
			t.Parallel()
			broken := strings.Replace(line, " Dana Example ", " Dana Example\n", 1)
			for _, attribution := range []string{line, broken} {
				m := plainMail(t, "Re: 31297", "The left one.\n\n"+attribution+"\n> Which side was it?\n> Dana")
				if m.Reply != "The left one." || !strings.Contains(m.Quoted, "Which side") {
					t.Errorf("reply %q, quoted %q", m.Reply, m.Quoted)
				}
				m = plainMail(t, "Re: 31297", attribution+"\n> Which side was it?\n\nThe left one.")
				if m.Reply != "The left one." || m.Forward {
					t.Errorf("answered below: reply %q, forward %t", m.Reply, m.Forward)
				}
			}
		})
	}
}

// Header blocks over quoted mail, as Outlook writes them in many languages.
func TestHeaderBlocksOfManyLanguages(t *testing.T) {
	t.Parallel()
	for language, block := range map[string]string{
		"English":    "From: Dana <dana@firm.example>\nSent: Monday, March 2, 2026 9:00 AM\nTo: Lee <lee@clinic.example>\nSubject: 31297",
		"Bold":       "*From:* Dana <dana@firm.example>\n*Sent:* Monday, March 2, 2026 9:00 AM\n*To:* Lee\n*Subject:* 31297",
		"Mac":        "From: Dana <dana@firm.example>\nDate: Monday, March 2, 2026 at 9:00 AM\nTo: Lee <lee@clinic.example>\nSubject: 31297",
		"DateFirst":  "Date: Monday, March 2, 2026 at 9:00 AM\nFrom: Dana <dana@firm.example>\nSubject: 31297",
		"ManyTo":     "From: Dana\nSent: Monday, March 2, 2026 9:00 AM\nTo: Lee Example; Pat Example;\n Toni Example\nCc: Sam\nSubject: 31297",
		"German":     "Von: Dana <dana@firm.example>\nGesendet: Montag, 2. März 2026 09:00\nAn: Lee\nBetreff: 31297",
		"French":     "De : Dana <dana@firm.example>\nEnvoyé : lundi 2 mars 2026 09:00\nÀ : Lee\nObjet : 31297",
		"Spanish":    "De: Dana <dana@firm.example>\nEnviado: lunes, 2 de marzo de 2026 9:00\nPara: Lee\nAsunto: 31297",
		"Portuguese": "De: Dana <dana@firm.example>\nEnviado: segunda-feira, 2 de março de 2026 09:00\nPara: Lee\nAssunto: 31297",
		"Italian":    "Da: Dana <dana@firm.example>\nInviato: lunedì 2 marzo 2026 09:00\nA: Lee\nOggetto: 31297",
		"Dutch":      "Van: Dana <dana@firm.example>\nVerzonden: maandag 2 maart 2026 09:00\nAan: Lee\nOnderwerp: 31297",
		"Swedish":    "Från: Dana <dana@firm.example>\nSkickat: den 2 mars 2026 09:00\nTill: Lee\nÄmne: 31297",
		"Polish":     "Od: Dana <dana@firm.example>\nWysłano: poniedziałek, 2 marca 2026 09:00\nDo: Lee\nTemat: 31297",
		"Russian":    "От: Dana <dana@firm.example>\nОтправлено: 2 марта 2026 г. 9:00\nКому: Lee\nТема: 31297",
		"Chinese":    "发件人: Dana <dana@firm.example>\n发送时间: 2026年3月2日 9:00\n收件人: Lee\n主题: 31297",
		"Japanese":   "差出人: Dana <dana@firm.example>\n送信日時: 2026年3月2日 9:00\n宛先: Lee\n件名: 31297",
		"Underline":  "________________________________\nFrom: Dana\nSent: Monday, March 2, 2026 9:00 AM\nTo: Lee\nSubject: 31297",
		"Original":   "-----Original Message-----\nFrom: Dana\nTo: Lee",
		"Urspruengl": "-----Ursprüngliche Nachricht-----\nVon: Dana\nAn: Lee",
	} {
		t.Run(language, func(t *testing.T) {
			t.Parallel()
			m := plainMail(t, "RE: 31297", "The left one.\n\n"+block+"\n\nWhich side was it?")
			if m.Reply != "The left one." || !strings.Contains(m.Quoted, "Which side") || m.Forward {
				t.Errorf("reply %q, quoted %q, forward %t", m.Reply, m.Quoted, m.Forward)
			}
			m = plainMail(t, "FW: 31297", "Please see.\n\n"+block+"\n\nWhich side was it?")
			if m.Reply != "Please see." || !m.Forward {
				t.Errorf("forwarded: reply %q, forward %t", m.Reply, m.Forward)
			}
		})
	}
}

// A forward within the history of an answer was the question of an earlier mail, not of this one.
func TestForwardOrHistory(t *testing.T) {
	t.Parallel()
	const fwd = "---------- Forwarded message ---------\nFrom: Pat <pat@other.example>\nSubject: op note\n\n31267 was done."
	quote := func(s string) string { return "> " + strings.ReplaceAll(s, "\n", "\n> ") }
	const wrote = "On Mon, Mar 2, 2026 at 9:00 AM Dana <dana@firm.example> wrote:\n"
	for name, c := range map[string]struct {
		subject, text string
		html, forward bool
		reply         string
	}{
		"Gmail":        {text: "What do we bill?\n\n" + fwd, forward: true, reply: "What do we bill?"},
		"ApplePlain":   {text: "What do we bill?\n\n> Begin forwarded message:\n> \n> From: Pat <pat@other.example>\n> \n> 31267 was done.", forward: true, reply: "What do we bill?"},
		"AppleHTML":    {html: true, text: `<div>What do we bill?</div><blockquote type="cite"><div>Begin forwarded message:</div><div><b>From: </b>Pat</div><div>31267</div></blockquote>`, forward: true, reply: "What do we bill?"},
		"Thunderbird":  {html: true, text: `<p>What do we bill?</p><div class="moz-forward-container">-------- Forwarded Message --------<table><tr><th>Subject: </th><td>op note</td></tr></table>31267</div>`, forward: true, reply: "What do we bill?"},
		"German":       {subject: "WG: op", text: "Was rechnen wir ab?\n\nAnfang der weitergeleiteten Nachricht:\n\n> Von: Pat\n> \n> 31267", forward: true, reply: "Was rechnen wir ab?"},
		"InHistory":    {subject: "Re: Fwd: op note", text: "The left one.\n\n" + wrote + quote("Which side?\n\n"+quote(fwd)), reply: "The left one."},
		"InHistory1":   {subject: "Re: op note", text: "The left one.\n\n" + wrote + quote(fwd), reply: "The left one."},
		"InHistoryWeb": {subject: "Re: op note", html: true, text: `<div>The left one.</div><div class="gmail_quote"><div class="gmail_attr">On Mon, Mar 2, 2026 at 9:00 AM Dana &lt;dana@firm.example&gt; wrote:<br></div><blockquote class="gmail_quote"><div class="gmail_quote">---------- Forwarded message ---------<br>31267</div></blockquote></div>`, reply: "The left one."},
		"ForwardOfAnAnswer": {subject: "Fwd: RE: op note", text: "What do we bill?\n\n" + fwd + "\n\n" + wrote + quote("Which side?"), forward: true,
			reply: "What do we bill?"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var m *message.Message
			if c.html {
				raw := mail(append(head("Content-Type: text/html; charset=utf-8"), "", c.text)...)
				if c.subject != "" {
					raw = strings.Replace(raw, "Subject: 31297 with 31288", "Subject: "+c.subject, 1)
				}
				m = parse(t, raw)
			} else {
				m = plainMail(t, c.subject, c.text)
			}
			if m.Forward != c.forward || m.Reply != c.reply || !strings.Contains(m.Quoted, "31267") && strings.Contains(c.text, "31267") {
				t.Errorf("forward %t, want %t; reply %q, want %q; quoted %q", m.Forward, c.forward, m.Reply, c.reply, m.Quoted)
			}
		})
	}
}

// What only looks like history, or like a sign-off, is the sender's question and stays in the reply whole.
func TestWhatStaysInTheReply(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"PayerWrote":         "On 3/2 the payer wrote:\nDenied CO-97.\nIs 99213 right?",
		"PayerWroteAtATime":  "Background.\n\nOn 3/2/2026 at 9:30 AM Dr. Lee wrote:\n\nPatient seen for M54.50. Is 99213 right?",
		"Letter":             "We sent this:\n\nDate: 3/2/2026\nTo: Payer\nSubject: appeal of 31297\n\nPlease pay 31297-50.\n\nIs this fine?",
		"FaxCover":           "From: Dr Lee\nTo: Firm\nDate: 3/2/2026\nSubject: 99213\n\nIs it ok?",
		"Measures":           "Lesions:\n> 5 mm arm\n> 10 mm leg\n11401?",
		"SentWith":           "99213\nSent with modifier 25, denied.\nSent via fax on 3/2.\nSent from the payer: CO-97.\nWhat now?",
		"Underscores":        "Case 1: 99213\n____________\nCase 2: 20610 RT\nDx M17.11",
		"Dashes":             "Case 1: 99213\n--\nCase 2: is 20610 ok?",
		"DashesCodes":        "Case 1: 99213\n--\nCase 2: 20610 RT",
		"CodesAndATelephone": "Please review.\n\n31297-50, 31288\nDr Lee, MD, clinic\nPhone: 555-555-0100",
		"PatientBlock":       "Please review.\n\nPatient: A\nPhone: 555-555-0100\nClinic: West",
		"Confidentially":     "The record is confidential, this message is intended for you.\nCan we send it to the payer with 99213?",
		"External":           "External fixator, 20690. Attention: the payer wants 20692?",
		"NoticeInASentence":  "What does this mean:\nThis message is intended for the provider.\nWhich code is meant?",
		"AttentionLine":      "Attention: coding\n\nDo we click links to the chart, 99213?",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if m := plainMail(t, "", text); m.Reply != text {
				t.Errorf("reply\n%s\nquoted %q, signature %q", m.Reply, m.Quoted, m.Signature)
			}
		})
	}
}

// Sign-offs of all kinds leave the reply, and the sender's own closing stays.
func TestSignOffs(t *testing.T) {
	t.Parallel()
	const asked = "Is 99213 right?\n\nThanks,\nLee"
	for name, sign := range map[string]string{
		"Mark":        "-- \nLee Example\nExample ENT",
		"MarkZIP":     "-- \nLee Example, CPC\n12345 Main Street\nSpringfield, IL 62704",
		"Underscores": "________________\nLee Example, CPC\nPhone: (555) 555-0100\nSpringfield, IL 62704-1234",
		"EmDash":      "—\nLee Example\nlee@clinic.example",
		"iPhone":      "Sent from my iPhone",
		"Verizon":     "Sent from my Verizon, Samsung Galaxy smartphone",
		"Outlook":     "Get Outlook for iOS <https://aka.example/o>",
		"Proton":      "Sent with Proton Mail secure email.",
		"MailWindows": "Sent from Mail for Windows",
		"German":      "Von meinem iPhone gesendet",
		"French":      "Envoyé de mon iPhone",
		"Japanese":    "iPhoneから送信",
		"Notice":      "CONFIDENTIALITY NOTICE: This e-mail is for the\nintended recipient only.\n\nIf you have received this in error, delete it.",
		"NoticeCase":  "This message contains protected health information and is intended only for\nthe addressee.\n\nAny unauthorized review or disclosure is prohibited.",
		"Virus":       "This email has been scanned for viruses.",
		"Two":         "-- \nLee Example\n\nCONFIDENTIALITY NOTICE: for the recipient.",
		"PhoneLegal":  "Sent from my iPad\n\nDISCLAIMER: this is private.",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if m := plainMail(t, "", asked+"\n\n"+sign); m.Reply != asked || m.Signature != sign {
				t.Errorf("reply %q\nsignature %q, want %q", m.Reply, m.Signature, sign)
			}
		})
	}
	for name, banner := range map[string]string{
		"Caution":  "CAUTION: This email originated from outside of the organization.",
		"TwoLines": "CAUTION: This email originated from outside of the organization.\nDo not click links or open attachments unless you recognize the sender.",
		"Tag":      "[EXTERNAL]",
		"Often":    "You don't often get email from lee@clinic.example. Learn why this is important",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, gap := range []string{"\n", "\n\n"} {
				if m := plainMail(t, "", banner+gap+asked); m.Reply != asked || m.Signature != banner {
					t.Errorf("reply %q\nsignature %q", m.Reply, m.Signature)
				}
			}
		})
	}
}

func TestPGPWithoutMIME(t *testing.T) {
	t.Parallel()
	m := plainMail(t, "", "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\nIs 99213 ok?\n\n- -- \nLee\n-----BEGIN PGP SIGNATURE-----\n\nabc=\n-----END PGP SIGNATURE-----")
	if m.Reply != "Is 99213 ok?" || len(m.Problems) != 0 {
		t.Errorf("signed: reply %q, problems %q", m.Reply, m.Problems)
	}
	m = plainMail(t, "", "-----BEGIN PGP MESSAGE-----\n\nabc=\n-----END PGP MESSAGE-----")
	if len(m.Problems) != 1 || !strings.Contains(m.Problems[0], "encrypted with PGP") {
		t.Errorf("encrypted: problems %q", m.Problems)
	}
}
