package message_test

import (
	"testing"
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
