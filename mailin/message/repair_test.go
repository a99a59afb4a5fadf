package message_test

import (
	"encoding/base64"
	"slices"
	"strings"
	"testing"

	"caseconsultant/mailin/message"
)

// What gateways and programs break is mended, and no text is lost by it.
func TestBrokenMailKeepsItsText(t *testing.T) {
	t.Parallel()
	b64 := base64.StdEncoding.EncodeToString
	const question = "Is 31297 payable with 31288 on the same day, or is one of them bundled into the other one?"
	part := func(kind, text string) string { return "--b\r\nContent-Type: " + kind + "\r\n\r\n" + text + "\r\n" }
	multi := func(kind string, parts ...string) string {
		return mail(append(head("Content-Type: multipart/"+kind+"; boundary=b"), "", strings.Join(parts, "")+"--b--")...)
	}
	for name, c := range map[string]struct{ raw, text, problem string }{
		"NothingButFields":       {raw: "Question: 31297 with modifier 50?\nPayer: Medicare\n", text: "Question: 31297 with modifier 50?\nPayer: Medicare", problem: "empty line"},
		"NoHeaderButABlankLine":  {raw: "Question: 31297 with modifier 50?\n\nPayer: Medicare\n", text: "Question: 31297 with modifier 50?\n\nPayer: Medicare"},
		"NoBlankLine":            {raw: "From: lee@clinic.example\nSubject: x\nQuestion: is 31297 ok?\nThanks\n", text: "Question: is 31297 ok?\nThanks", problem: "empty line"},
		"NoBlankLineThenOne":     {raw: "From: lee@clinic.example\nSubject: x\nHello, a question:\nis 31297 ok?\n\nThanks\n", text: "Hello, a question:\nis 31297 ok?\n\nThanks"},
		"NoBlankLineOnlyFields":  {raw: "From: lee@clinic.example\nSubject: a\n b\nCode: 31297\nModifier: 50\n", text: "Code: 31297\nModifier: 50"},
		"NoHeaderButOneBelow":    {raw: "Hello,\nis 31297 ok?\nThanks\nSubject: 31297\n\nLee\n", text: "Hello,\nis 31297 ok?\nThanks\nSubject: 31297\n\nLee"},
		"NoBlankLineBeforeParts": {raw: "From: lee@clinic.example\nContent-Type: multipart/mixed;\n boundary=frontier\n--frontier\nContent-Type: text/plain\n\n" + question + "\n--frontier--\n", text: question},
		"NoBlankLineInAPart": {raw: "From: lee@clinic.example\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain\n" + question + "\nPayer: Medicare\nlost boundary\nContent-Type: application/pdf\n\nx\n--b--\n",
			text: question + "\nPayer: Medicare\nlost boundary\nContent-Type: application/pdf\n\nx"},
		"TitleNeverClosed": {raw: mail(append(head("Content-Type: text/html"), "", "<p>Hello</p><title>x<p>"+question+"</p>")...), text: "Hello\nx\n" + question, problem: "all text in it"},
		"BeginIsNoFile":    {raw: mail(append(head(), "", "Plan:", "begin 600 mg of it", "", "endoscopy 31237 later", "end")...), text: "Plan:\nbegin 600 mg of it\n\nendoscopy 31237 later\nend"},
		"FirstBoundaryDamaged": {raw: mail(append(head("Content-Type: multipart/mixed; boundary=frontier"), "", "Note for old programs (MIME).", "--front", "Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: quoted-printable", "", "Is 31297 =", "ok=3F", "--frontier", "", "And 31288?", "--frontier--")...),
			text: "Is 31297 ok?\n\nAnd 31288?", problem: "found by looking"},
		"FirstBoundaryLost": {raw: mail(append(head("Content-Type: multipart/mixed; boundary=frontier"), "", "Note for old programs (MIME).", "Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: quoted-printable", "", "Is 31297 =", "ok=3F", "--frontier", "", "And 31288?", "--frontier--")...),
			text: "Is 31297 ok?\n\nAnd 31288?", problem: "where it begins"},
		"UnknownFieldsStay":           {raw: "From: lee@clinic.example\nVendor-Flag: 7\nSpecialField: 8\n\nHello\n", text: "Hello"},
		"LabelledBase64":              {raw: mail(append(head("Content-Transfer-Encoding: base64"), "", question)...), text: question, problem: "not encoded"},
		"LabelledBase64HTML":          {raw: mail(append(head("Content-Type: text/html", "Content-Transfer-Encoding: base64"), "", "<p>"+question+"</p>")...), text: question, problem: "not encoded"},
		"Base64WithoutLabel":          {raw: mail(append(head(), "", b64([]byte(question)))...), text: question, problem: "without saying so"},
		"QuotedPrintableWithoutLabel": {raw: mail(append(head("Content-Type: text/plain; charset=utf-8"), "", "Is 31297 =E2=80=93 left =", "side =3D 50?")...), text: "Is 31297 – left side = 50?", problem: "without saying so"},
		"PairsAreNoQuotedPrintable":   {raw: mail(append(head(), "", "CPT=99213 MOD=25 UNITS=80 DX=M17.11")...), text: "CPT=99213 MOD=25 UNITS=80 DX=M17.11"},
		"MorePairs":                   {raw: mail(append(head(), "", "CPT=99213, MOD=25", "TYPE=3D VIEWS=20")...), text: "CPT=99213, MOD=25\nTYPE=3D VIEWS=20"},
		"AnIDIsNoBase64":              {raw: mail(append(head(), "", strings.Repeat("A1b2C3d4", 8), strings.Repeat("A1b2C3d4", 8))...), text: strings.Repeat("A1b2C3d4", 8) + "\n" + strings.Repeat("A1b2C3d4", 8)},
		"FooterUnderBase64":           {raw: mail(append(head("Content-Transfer-Encoding: base64"), "", b64([]byte("Is 31297 ok??")), "____", "list footer")...), text: "Is 31297 ok??", problem: "damaged"},
		"SomeBytes":                   {raw: mail(append(head("Content-Type: application/octet-stream"), "", question)...), text: question},
		"SomeBytesBase64":             {raw: mail(append(head("Content-Type: application/octet-stream", "Content-Transfer-Encoding: base64"), "", b64([]byte(question)))...), text: question},
		"MixedForAlternative":         {raw: multi("mixed", part("text/plain", question), part("text/html", "<p>"+question+"</p>")), text: question},
		"MixedOfTwo":                  {raw: multi("mixed", part("text/plain", "31297?"), part("text/html", "<p>And 31288?</p>")), text: "31297?\n\nAnd 31288?"},
		"FirstWordsOnly":              {raw: multi("alternative", part("text/plain", "Is 31297"), part("text/html", "<p>"+question+"</p>")), text: question},
		"NamedTextAfterAFile":         {raw: multi("mixed", part("application/pdf; name=a.pdf", "x"), part("text/plain; name=mail.txt", question)), text: question},
		"HeadNeverClosed":             {raw: mail(append(head("Content-Type: text/html"), "", "<html><head><title>x</title>"+question)...), text: "x" + question, problem: "all text in it"},
		"StyleNeverClosed":            {raw: mail(append(head("Content-Type: text/html"), "", "<style><p>"+question+"</p>")...), text: question, problem: "all text in it"},
		"AllHidden":                   {raw: mail(append(head("Content-Type: text/html"), "", "<style>p{}</style><div hidden><p>"+question+"</p></div>")...), text: question, problem: "all text in it"},
		"HiddenBesidePlain":           {raw: multi("alternative", part("text/plain", "31297?"), part("text/html", "<div hidden>x</div>")), text: "31297?"},
		"NoWidth":                     {raw: mail(append(head("Content-Type: text/plain; charset=utf-8"), "", "Code\u00a031297\u200b-50, M54\u00ad.50")...), text: "Code 31297-50, M54.50"},
		"KoreanShifted":               {raw: mail(append(head("Content-Type: text/plain; charset=iso-2022-kr"), "", "\x1b$)C\x0eGQ1[\x0f 31297")...), text: "한글 31297"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := parse(t, c.raw)
			if got := strings.TrimSpace(m.Text); got != c.text {
				t.Errorf("text\n%s\nwant\n%s\n(problems %q)", got, c.text, m.Problems)
			}
			if c.problem != "" && !slices.ContainsFunc(m.Problems, func(p string) bool { return strings.Contains(p, c.problem) }) {
				t.Errorf("problems %q, want one with %q", m.Problems, c.problem)
			}
			if name == "HiddenBesidePlain" && len(m.Problems) > 0 {
				t.Errorf("problems %q of a page that is not needed", m.Problems)
			}
		})
	}
}

// The asker is found however the name is written.
func TestSendersOfEveryForm(t *testing.T) {
	t.Parallel()
	for from, want := range map[string]message.Address{
		"Lee, Ann <ann@clinic.example>":                                                  {Name: "Lee, Ann", Address: "ann@clinic.example"},
		"Lee, Ann, CPC <ann@clinic.example>":                                             {Name: "Lee, Ann, CPC", Address: "ann@clinic.example"},
		"=?utf-8?Q?Lee,_Ann?= <ann@clinic.example>":                                      {Name: "Lee, Ann", Address: "ann@clinic.example"},
		"\"=?utf-8?Q?Lee,_Ann?=\" <ann@clinic.example>":                                  {Name: "Lee, Ann", Address: "ann@clinic.example"},
		"Ann Lee, ann@clinic.example":                                                    {Address: "ann@clinic.example"},
		"\"Ann Lee <ann@clinic.example>":                                                 {Name: "Ann Lee", Address: "ann@clinic.example"},
		"Ann (Billing) Lee <ann@clinic.example>":                                         {Name: "Ann Lee", Address: "ann@clinic.example"},
		"ann@clinic.example (Ann Lee)":                                                   {Name: "Ann Lee", Address: "ann@clinic.example"},
		"<mailto:ann@clinic.example>":                                                    {Address: "ann@clinic.example"},
		"<@relay.example:ann@clinic.example>":                                            {Address: "ann@clinic.example"},
		"Ann <ann@clinic.example> <ann@clinic.example>":                                  {Name: "Ann", Address: "ann@clinic.example"},
		"'ann@clinic.example' via Desk <ann@clinic.example>":                             {Name: "'ann@clinic.example' via Desk", Address: "ann@clinic.example"},
		"Zoë Öztürk <zoë@müller.example>":                                                {Name: "Zoë Öztürk", Address: "zoë@müller.example"},
		"=?iso-8859-1?q?Zo=EB?= =?utf-8?q?_Lee?= <z@m.example>":                          {Name: "Zoë Lee", Address: "z@m.example"},
		"=?utf-8?B?TGVlIDxsZWVAY2xpbmljLmV4YW1wbGU+?=":                                   {Name: "Lee", Address: "lee@clinic.example"},
		"Lee <=?utf-8?Q?lee=40clinic.example?=>":                                         {Name: "Lee", Address: "lee@clinic.example"},
		"\"lee example\"@clinic.example":                                                 {Address: "\"lee example\"@clinic.example"},
		"Lee &lt;lee@clinic.example&gt;":                                                 {Name: "Lee", Address: "lee@clinic.example"},
		"Lee <lee@clinic.example> Ann <ann@clinic.example>":                              {Name: "Lee", Address: "lee@clinic.example"},
		"=?utf-8?Q?Lee?= =?utf-8?Q?_Ann?=\r\n =?utf-8?Q?_Example?= <lee@clinic.example>": {Name: "Lee Ann Example", Address: "lee@clinic.example"},
		"Team: lee@clinic.example, ann@clinic.example;":                                  {Address: "lee@clinic.example"},
		"\r\nFrom: Lee <lee@clinic.example>":                                             {Name: "Lee", Address: "lee@clinic.example"},
		"Lee Example\r\nFrom: Lee <lee@clinic.example>":                                  {Name: "Lee", Address: "lee@clinic.example"},
		"Ann Lee": {Name: "Ann Lee"},
		"":        {},
	} {
		if m := parse(t, mail("From: "+from, "Subject: x", "", "x")); m.From != want {
			t.Errorf("From: %s\nread as %+v, want %+v", from, m.From, want)
		}
	}
	m := parse(t, mail("From: a@b.example", "To: Lee, Ann <ann@clinic.example>, bob@x.example, Team: c@x.example, \"D, E\" <d@x.example>;", "", "x"))
	var to []string
	for _, a := range m.To {
		to = append(to, a.Address)
	}
	if !slices.Equal(to, []string{"ann@clinic.example", "bob@x.example", "c@x.example", "d@x.example"}) {
		t.Errorf("to %q", to)
	}
}

// Reports in the forms that servers write.
func TestReportsOfManyServers(t *testing.T) {
	t.Parallel()
	report := func(kind, status string) string {
		return mail("From: MAILER-DAEMON@mx.example", "Subject: x", "Content-Type: "+kind+"; boundary=b", "", "--b", "", "Sorry.", "--b", "Content-Type: message/delivery-status", "", status, "--b--")
	}
	for name, c := range map[string]struct {
		raw                       string
		recipient, status, action string
		recipients                int
	}{
		"LeadingBlankLines": {report("multipart/report; report-type=delivery-status", "\r\n\r\nReporting-MTA: dns; mx\r\n\r\n\r\nFinal-Recipient: rfc822; a@b.example\r\nAction: failed\r\nStatus: 5.1.1\r\n"), "a@b.example", "5.1.1", "failed", 1},
		"NotCalledAReport":  {report("multipart/mixed", "Reporting-MTA: dns; mx\r\n\r\nFinal-Recipient: rfc822; a@b.example\r\nAction: failed\r\nStatus: 5.1.1"), "a@b.example", "5.1.1", "failed", 1},
		"Comments":          {report("multipart/report", "Final-Recipient: RFC822;<a@b.example>\r\nAction: Failed (hard)\r\nStatus: 5.1.1 (bad destination)"), "a@b.example", "5.1.1", "failed", 1},
		"VagueStatus":       {report("multipart/report", "Final-Recipient: rfc822; a@b.example\r\nAction: failed\r\nStatus: 5.0.0\r\nDiagnostic-Code: smtp; 550-5.7.1 blocked by [10.5.1.1]"), "a@b.example", "5.7.1", "failed", 1},
		"NoAction":          {report("multipart/report", "Final-Recipient: rfc822; a@b.example\r\nStatus: 4.4.7"), "a@b.example", "4.4.7", "delayed", 1},
		"FailedOfTwo":       {report("multipart/report", "Final-Recipient: rfc822; a@b.example\r\nAction: relayed\r\nStatus: 2.0.0\r\n\r\nFinal-Recipient: rfc822; c@d.example\r\nAction: failed\r\nStatus: 5.2.2"), "c@d.example", "5.2.2", "failed", 2},
		"OriginalRecipient": {report("multipart/report", "Original-Recipient: rfc822;a@b.example\r\nFinal-Recipient: rfc822;alias@inner.example\r\nAction: failed\r\nStatus: 5.1.1"), "a@b.example", "5.1.1", "failed", 1},
		"SystemRecipient":   {report("multipart/report", "Original-Recipient: x-local;box7\r\nFinal-Recipient: rfc822;a@b.example\r\nAction: failed\r\nStatus: 5.1.1"), "a@b.example", "5.1.1", "failed", 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := parse(t, c.raw).Report
			if r == nil || r.Recipient != c.recipient || r.Status != c.status || r.Action != c.action || len(r.Recipients) != c.recipients {
				t.Errorf("report %+v, want %+v", r, c)
			}
		})
	}
	raw := mail("From: feedback@isp.example", "Content-Type: multipart/report; report-type=feedback-report; boundary=b", "", "--b", "", "A complaint.", "--b", "Content-Type: message/feedback-report", "",
		"Feedback-Type: abuse", "Original-Rcpt-To: a@b.example", "", "--b", "Content-Type: message/rfc822", "", "Message-ID: <ours@firm.example>", "", "x", "--b--")
	if r := parse(t, raw).Report; r == nil || r.Kind != "feedback-report" || r.Action != "abuse" || r.Recipient != "a@b.example" || r.OriginalMessageID != "ours@firm.example" {
		t.Errorf("complaint %+v", r)
	}
}

func TestEnhancedStatus(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{"5.1.1": "5.1.1", "550 5.7.129 no": "5.7.129", "550-5.1.1": "5.1.1", "[10.5.1.1]": "", "5.1.1.7": "", "5.1": "", "3.1.1": "", "15.1.1": "", "": "",
		"status=4.4.7)": "4.4.7", "5.1.1.": "5.1.1"} {
		if got := message.EnhancedStatus(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// A text of half a megabyte under a header that no empty line ends is read whole.
func TestLongTextWithoutBlankLine(t *testing.T) {
	t.Parallel()
	const n = 30_000
	m := parse(t, "From: lee@clinic.example\nSubject: x\n"+strings.Repeat("Is 31297 ok here?\n", n)+"\nThanks\n")
	if got := strings.Count(m.Text, "31297"); got != n || !strings.HasSuffix(m.Text, "\nThanks\n") {
		t.Errorf("%d lines of %d are in the text, problems %q", got, n, m.Problems)
	}
}
