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

// machineReport says whether a part is a report by itself, whatever multipart it stands in.
func machineReport(typ string) bool {
	switch typ {
	case "message/delivery-status", "message/global-delivery-status", "message/disposition-notification", "message/feedback-report":
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
	if w.msg.Report == nil && w.msg == w.shared.msg && machineReport(typ) {
		// QUIRK: some servers send reports as multipart/mixed.
		w.msg.Report = &DeliveryReport{}
	}
	report := w.msg.Report
	for block := 0; block < 1000 && !inner.over(); block++ {
		fields := readFields(inner, reportBytes)
		if len(fields.fields) == 0 {
			continue
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
			report.feedback(fields)
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
	one := RecipientStatus{Action: strings.ToLower(firstWord(h.get("Action"))), Status: EnhancedStatus(h.get("Status")), Diagnostic: diagnostic(h.get("Diagnostic-Code"))}
	one.Recipient = typedAddress(h.get("Final-Recipient"))
	if original := typedAddress(h.get("Original-Recipient")); original != "" && (strings.Contains(original, "@") || one.Recipient == "") {
		one.Recipient = original
	}
	if !strings.Contains(one.Recipient, "@") {
		if actual := typedAddress(h.get("X-Actual-Recipient")); strings.Contains(actual, "@") {
			one.Recipient = actual
		}
	}
	// A vaguer code than the remote server's own words: "5.0.0" beside "smtp; 550 5.1.1 no such user". What the words mean without a code counts only
	// where the report states none, and not in the report of a success.
	switch d := bestStatus(one.Diagnostic); {
	case one.Action == "delivered" || one.Action == "relayed" || one.Action == "expanded" || one.Action == "deliverable":
	case d != "" && (one.Status == "" || isVague(one.Status) && !isVague(d) && d[0] == one.Status[0]):
		one.Status = d
	case one.Status == "":
		one.Status = proseStatus(one.Diagnostic, one.Action)
	}
	if one.Action == "" && one.Status != "" {
		switch one.Status[0] {
		case '5':
			one.Action = "failed"
		case '4':
			one.Action = "delayed"
		}
	}
	r.Recipients = append(r.Recipients, one)
	if len(r.Recipients) == 1 || one.Action == "failed" && r.Action != "failed" {
		r.Recipient, r.Status, r.Action, r.Diagnostic = one.Recipient, one.Status, one.Action, one.Diagnostic
	}
}

// feedback reads an abuse report (RFC 5965).
func (r *DeliveryReport) feedback(h *header) {
	if v := strings.ToLower(firstWord(h.get("Feedback-Type"))); v != "" {
		r.Action = v
	}
	if v := typedAddress(h.get("Original-Rcpt-To")); v != "" && r.Recipient == "" {
		r.Recipient = v
	}
}

func (r *DeliveryReport) disposition(h *header) {
	if v := typedAddress(h.get("Final-Recipient")); v != "" {
		r.Recipient = v
	}
	if v := strings.ToLower(firstWord(afterSemicolon(h.get("Disposition")))); v != "" {
		r.Action = v
	}
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

// xtext undoes what RFC 3461 section 4 asks for in an original recipient and many servers forget to undo in the report: only the two characters that
// must be written so, since "ann+2026@clinic.example" is an address too.
var xtext = strings.NewReplacer("+2B", "+", "+3D", "=")

// typedAddress is the address of a typed field, "rfc822; ann@clinic.example".
func typedAddress(s string) string {
	s = xtext.Replace(afterSemicolon(s))
	if all := parseAddresses(s); len(all) > 0 && all[0].Address != "" {
		return all[0].Address
	}
	return strings.Trim(s, "<> ")
}

// diagnosticBytes bounds what is kept of a remote server's words.
const diagnosticBytes = 2000

// diagnostic is the remote server's words without their type: "smtp; 550 5.1.1 no such user".
func diagnostic(s string) string {
	s = oneLine(s)
	if kind, rest, ok := strings.Cut(s, ";"); ok && len(kind) < 20 && !strings.Contains(kind, " ") {
		s = strings.TrimSpace(rest)
	}
	if len(s) > diagnosticBytes {
		s = strings.ToValidUTF8(s[:diagnosticBytes], "")
	}
	return s
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }
