package message

import (
	"io"
	"strings"
)

// isReportPart says whether a part of a multipart/report is one that machines read.
func isReportPart(typ string) bool {
	switch typ {
	case "message/delivery-status", "message/global-delivery-status", "message/disposition-notification", "message/feedback-report",
		"text/rfc822-headers", "message/global-headers":
		return true
	}
	return false
}

// startReport notes what kind of report the message is (RFC 6522).
func (w *walker) startReport(ct value) {
	if w.msg != w.shared.msg || w.msg.Report != nil {
		return
	}
	w.msg.Report = &DeliveryReport{Kind: strings.ToLower(ct.params["report-type"])}
}

// reportBytes bounds what is read of a machine-readable part.
const reportBytes = 64 << 10

// reportPart reads a machine-readable part: blocks of fields, separated by empty lines (RFC 3464, RFC 8098, RFC 5965).
func (w *walker) reportPart(s *scanner, h *header, typ string) {
	w.leaves++
	var damaged bool
	dec, _ := decodeTransfer(&partReader{s: s}, h.get("Content-Transfer-Encoding"), &damaged)
	limited := io.LimitReader(dec, reportBytes)
	inner := newScanner(limited)
	report := w.msg.Report
	for block := 0; block < 100; block++ {
		fields := readHeader(inner, reportBytes, false)
		if len(fields.fields) == 0 {
			break
		}
		fields.decode("")
		if report == nil {
			continue
		}
		switch typ {
		case "message/delivery-status", "message/global-delivery-status":
			if report.Kind == "" {
				report.Kind = "delivery-status"
			}
			report.delivery(fields)
		case "message/disposition-notification":
			if report.Kind == "" {
				report.Kind = "disposition-notification"
			}
			report.disposition(fields)
		case "message/feedback-report":
			if report.Kind == "" {
				report.Kind = "feedback-report"
			}
			report.Action = strings.ToLower(strings.TrimSpace(fields.get("Feedback-Type")))
		default:
			w.returned(fields)
		}
	}
	_, _ = io.Copy(io.Discard, dec)
	s.skip()
}

// returned takes the Message-ID of the mail that a report is about from its returned header.
func (w *walker) returned(h *header) {
	if w.msg.Report == nil || w.msg.Report.OriginalMessageID != "" {
		return
	}
	if ids := parseIDs(h.get("Message-ID")); len(ids) > 0 {
		w.msg.Report.OriginalMessageID = ids[0]
	}
}

// delivery reads one block of a delivery-status: the first is about the message, the others about one recipient each.
func (r *DeliveryReport) delivery(h *header) {
	if id := parseIDs(h.get("Original-Message-ID")); len(id) > 0 && r.OriginalMessageID == "" {
		r.OriginalMessageID = id[0]
	}
	if !h.has("Final-Recipient") && !h.has("Original-Recipient") && !h.has("Action") && !h.has("Status") {
		return
	}
	one := RecipientStatus{Action: strings.ToLower(firstWord(h.get("Action"))), Status: firstWord(h.get("Status")), Diagnostic: afterSemicolon(h.get("Diagnostic-Code"))}
	one.Recipient = afterSemicolon(h.get("Final-Recipient"))
	if original := afterSemicolon(h.get("Original-Recipient")); original != "" {
		one.Recipient = original
	}
	one.Recipient = strings.Trim(one.Recipient, "<> ")
	r.Recipients = append(r.Recipients, one)
	if len(r.Recipients) == 1 || one.Action == "failed" && r.Action != "failed" {
		r.Recipient, r.Status, r.Action, r.Diagnostic = one.Recipient, one.Status, one.Action, one.Diagnostic
	}
}

func (r *DeliveryReport) disposition(h *header) {
	r.Recipient = strings.Trim(afterSemicolon(h.get("Final-Recipient")), "<> ")
	r.Action = strings.ToLower(firstWord(afterSemicolon(h.get("Disposition"))))
	if id := parseIDs(h.get("Original-Message-ID")); len(id) > 0 {
		r.OriginalMessageID = id[0]
	}
}

func firstWord(s string) string {
	s = strings.TrimSpace(s)
	if i := strings.IndexAny(s, " \t;(,/"); i >= 0 {
		s = s[:i]
	}
	return oneLine(s)
}

// afterSemicolon is the value of a typed field: "rfc822; a@b.example".
func afterSemicolon(s string) string {
	if _, rest, ok := strings.Cut(s, ";"); ok {
		s = rest
	}
	return oneLine(s)
}
