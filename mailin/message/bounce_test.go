package message_test

import (
	"slices"
	"testing"

	"caseconsultant/mailin/message"
)

// What servers say in prose is read like a report, so that a mail of ours that came back is known by its id.
func TestBouncesInProse(t *testing.T) {
	t.Parallel()
	const copied = "\nReturn-Path: <consult@firm.example>\nTo: ann@clinic.example\nMessage-ID: <ours@firm.example>\nSubject: 31297\n\nYour question\n"
	for name, c := range map[string]struct {
		from, fields, text                  string
		recipient, status, action, original string
	}{
		"Qmail": {text: "Hi. This is the qmail-send program at mx.example.\nI'm afraid I wasn't able to deliver your message to the following addresses.\nThis is a permanent error; I've given up.\n\n" +
			"<ann@clinic.example>:\n192.0.2.7 does not like recipient.\nRemote host said: 550 5.1.1 unknown user\n\n--- Below this line is a copy of the message.\n" + copied,
			recipient: "ann@clinic.example", status: "5.1.1", action: "failed", original: "ours@firm.example"},
		"Exim": {fields: "X-Failed-Recipients: ann@clinic.example\n", text: "This message was created automatically by mail delivery software.\n\nA message that you sent could not be delivered to one or more of its\n" +
			"recipients. This is a permanent error. The following address(es) failed:\n\n  ann@clinic.example\n    host mx.clinic.example [192.0.2.1]: 550 mailbox unavailable\n\n" +
			"------ This is a copy of the message, including all the headers. ------\n" + copied,
			recipient: "ann@clinic.example", status: "5.0.0", action: "failed", original: "ours@firm.example"},
		"EximDelay": {text: "This message was created automatically by mail delivery software.\nA message that you sent has not yet been delivered to one or more of its\nrecipients after more than 24 hours on the queue on mx.example.\n\n" +
			"The address to which the message has not yet been delivered is:\n\n  ann@clinic.example\n", recipient: "ann@clinic.example", action: "delayed"},
		"Sendmail": {text: "The original message was received at Mon, 2 Mar 2026 09:00:00 -0500\nfrom firm.example [192.0.2.9]\n\n   ----- The following addresses had permanent fatal errors -----\n<ann@clinic.example>\n    (reason: 550 5.1.1 User unknown)\n\n" +
			"   ----- Transcript of session follows -----\n... while talking to mx.clinic.example.:\n", recipient: "ann@clinic.example", status: "5.1.1", action: "failed"},
		"Gmail": {text: "Delivery to the following recipient failed permanently:\n\n     ann@clinic.example\n\nTechnical details of permanent failure:\nGoogle tried to deliver your message, but it was rejected. The error that the other server returned was:\n550 5.2.2 mailbox full\n\n----- Original message -----\n" + copied,
			recipient: "ann@clinic.example", status: "5.2.2", action: "failed", original: "ours@firm.example"},
		"GmailDelay": {text: "This is an automatically generated Delivery Status Notification\n\nTHIS IS A WARNING MESSAGE ONLY.\n\nDelivery to the following recipient has been delayed:\n\n     ann@clinic.example\n",
			recipient: "ann@clinic.example", action: "delayed"},
		"Exchange": {from: "postmaster@clinic.example", text: "Your message did not reach some or all of the intended recipients.\n\n      Subject:\t31297\n      Sent:\t3/2/2026 9:00 AM\n\nThe following recipient(s) cannot be reached:\n\n      'ann@clinic.example' on 3/2/2026 9:00 AM\n            The e-mail account does not exist. <mx.clinic.example #5.1.1>\n",
			recipient: "ann@clinic.example", status: "5.1.1", action: "failed"},
		"Exchange365": {from: "postmaster@clinic.example", text: "Delivery has failed to these recipients or groups:\n\nann@clinic.example<mailto:ann@clinic.example>\nThe address you sent your message to wasn't found. 550 5.1.10 RESOLVER.ADR.RecipientNotFound\n\nOriginal message headers:\n" + copied,
			recipient: "ann@clinic.example", status: "5.1.10", action: "failed", original: "ours@firm.example"},
		"Lotus":    {from: "Postmaster@clinic.example", text: "Your\nDocument:\n31297\nwas not delivered to:\n\nann@clinic.example\n\nbecause:\nUser not listed in Domino Directory\n", recipient: "ann@clinic.example", status: "5.1.1", action: "failed"},
		"NullPath": {from: "robot@clinic.example", fields: "Return-Path: <>\n", text: "We were unable to deliver your message to the following address: ann@clinic.example 5.4.1\n", recipient: "ann@clinic.example", status: "5.4.1", action: "failed"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			from := c.from
			if from == "" {
				from = "MAILER-DAEMON@mx.example"
			}
			r := parse(t, "From: "+from+"\nTo: consult@firm.example\nSubject: failure notice\n"+c.fields+"\n"+c.text).Report
			if r == nil || r.Kind != "delivery-status" || r.Recipient != c.recipient || r.Status != c.status || r.Action != c.action || r.OriginalMessageID != c.original {
				t.Errorf("read as %+v", r)
			}
		})
	}
	t.Run("MailAttached", func(t *testing.T) {
		t.Parallel()
		r := parse(t, mail("From: MAILER-DAEMON@mx.example", "Subject: failure", "Content-Type: multipart/mixed; boundary=b", "", "--b", "", "Your message could not be delivered to ann@clinic.example.", "--b",
			"Content-Type: message/rfc822", "", "Message-ID: <ours@firm.example>", "From: consult@firm.example", "", "x", "--b--")).Report
		if r == nil || r.Recipient != "ann@clinic.example" || r.OriginalMessageID != "ours@firm.example" {
			t.Errorf("read as %+v", r)
		}
	})
	t.Run("APersonAsks", func(t *testing.T) {
		t.Parallel()
		m := parse(t, mail(append(head(), "", "The payer's mail could not be delivered to ann@clinic.example, 5.1.1. Which code applies?")...))
		if m.Report != nil {
			t.Errorf("a question about a bounce is read as %+v", m.Report)
		}
	})
}

// A server that tells of several recipients at once says of each what was wrong.
func TestBouncesOfSeveralRecipients(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		raw  string
		want []message.RecipientStatus
	}{
		"Qmail": {"Return-Path: <>\nFrom: MAILER-DAEMON@mx.example\nSubject: failure notice\n\nI'm afraid I wasn't able to deliver your message to the following addresses.\n\n<ann@clinic.example>:\nuser is over quota\n\n" +
			"<lee@clinic.example>:\n550 no such user\n\n<kim@other.example>:\nnothing more is known\n\n--- Below this line is a copy of the message.\n\nMessage-ID: <ours@firm.example>\nTo: other@clinic.example\n",
			[]message.RecipientStatus{{Recipient: "ann@clinic.example", Status: "5.2.2", Action: "failed", Diagnostic: "user is over quota"},
				{Recipient: "lee@clinic.example", Status: "5.1.1", Action: "failed", Diagnostic: "550 no such user"},
				{Recipient: "kim@other.example", Action: "failed", Diagnostic: "nothing more is known"}}},
		"Exim": {"From: Mailer-Daemon@mx.example\nX-Failed-Recipients: ann@clinic.example,\n kim@clinic.example\nSubject: Mail delivery failed\n\nThe following address(es) failed:\n\n  ann@clinic.example\n    Unrouteable address\n" +
			"  kim@clinic.example\n    mailbox is full: retry timeout exceeded\n",
			[]message.RecipientStatus{{Recipient: "ann@clinic.example", Status: "5.1.0", Action: "failed", Diagnostic: "Unrouteable address"},
				{Recipient: "kim@clinic.example", Status: "5.2.2", Action: "failed", Diagnostic: "mailbox is full: retry timeout exceeded"}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := parse(t, c.raw).Report
			if r == nil || !slices.Equal(r.Recipients, c.want) || r.Recipient != c.want[0].Recipient || r.Status != c.want[0].Status {
				t.Errorf("read as %+v", r)
			}
		})
	}
}

// What is no code is not read as one, and what servers mean without one is.
func TestProseStatus(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"550 5.1.1 no such user": "5.1.1", "#5.1.1": "5.1.1", "(#5.2.2)": "5.2.2", "250 2.1.0 ok, then 550 5.7.1 no": "5.7.1", "5.0.0, more exactly 5.1.1": "5.1.1", "550 postfix/2.5.1 sorry": "5.0.0", "Exim 4.94.2": "",
		"version v5.1.2": "", "host 192.5.1.1 said 550": "5.0.0", "550 mailbox is full": "5.2.2", "452 mailbox is full": "4.2.2", "Das Postfach ist voll.": "5.2.2", "buzón lleno": "5.2.2", "boîte de réception pleine": "5.2.2",
		"casella piena": "5.2.2", "caixa postal cheia": "5.2.2", "postvak is vol": "5.2.2", "ящик переполнен": "5.2.2", "メールボックスがいっぱいです": "5.2.2", "邮箱已满": "5.2.2", "Utilisateur inconnu": "5.1.1", "Empfänger unbekannt": "5.1.1",
		"usuario desconocido": "5.1.1", "utente sconosciuto": "5.1.1", "usuário desconhecido": "5.1.1", "onbekende gebruiker": "5.1.1", "пользователь не найден": "5.1.1", "ユーザーが見つかりません": "5.1.1", "用户不存在": "5.1.1",
		"account has been disabled": "5.2.1", "Name or service not known": "5.1.2", "message size exceeds the limit": "5.3.4", "Relaying denied": "5.7.1", "rejected as spam": "5.7.1", "too many hops": "5.4.6", "Connection refused": "5.4.1",
		"retry timeout exceeded": "5.4.7", "we are closed": "",
	} {
		r := parse(t, "Return-Path: <>\nFrom: MAILER-DAEMON@mx.example\nSubject: failure notice\nContent-Type: text/plain; charset=utf-8\n\nYour message could not be delivered to ann@clinic.example: "+text+"\n").Report
		if r == nil || r.Recipient != "ann@clinic.example" || r.Status != want {
			t.Errorf("%q: %+v, want %q", text, r, want)
		}
	}
}
