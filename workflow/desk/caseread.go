package desk

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"caseconsultant/workflow/casefile"
	"caseconsultant/workflow/codebook"
	"caseconsultant/workflow/codes"
)

// caseReader turns what is kept of a case into what a page shows.
type caseReader struct {
	d      *Desk
	c      *call
	cs     *casefile.View
	reveal bool
	newest int64
	seen   int64
	masked int
	codes  []codeView
	lines  map[string]bool // anchors of codes
	titles map[string]string

	documents int // bytes of attachments' texts shown so far

	readings []codes.Reading // of the incoming messages, oldest first
}

// What one page shows at most: a mail of fifty megabytes or ten thousand parts must not make a page that no browser
// can hold.
const (
	shownText      = 64 << 10  // bytes of each text of a message
	shownDocuments = 512 << 10 // bytes of the texts of all attachments together
	shownFiles     = 100
	shownCodes     = 300
)

func (cr *caseReader) readCodes() error {
	book, _, err := cr.d.licensed(cr.c)
	if err != nil {
		return err
	}
	entries := make(map[string]codebook.Entry)
	for _, desc := range cr.cs.Descriptions {
		var e codebook.Entry
		if len(desc.Entry) == 0 || json.Unmarshal(desc.Entry, &e) != nil {
			continue
		}
		if e.Release == "" {
			e.Release = desc.Release
		}
		entries[codeAnchor(desc.System, desc.Code)] = e
	}
	cr.lines, cr.titles = make(map[string]bool), make(map[string]string)
	seen := make(map[string]bool)
	for _, m := range cr.cs.Messages {
		for _, mention := range m.Mentions {
			anchor, label := codeAnchor(mention.System, mention.Code), mentionLabel(mention)
			if seen[anchor+label] || len(cr.codes) == shownCodes {
				continue
			}
			seen[anchor+label] = true
			e, known := entries[anchor]
			view := codeView{Anchor: anchor, System: string(mention.System), SystemLabel: systemName(mention.System), Code: label, Title: e.Title,
				How: roleNote(mention.Role), Status: e.Status, Parts: parts(e.Descriptions), Flags: facts(e), Release: e.Release, Href: codePath(mention.System, mention.Code)}
			if !known || e.Title == "" {
				view.Title = "not in the loaded codebook"
			}
			if cr.lines[anchor] {
				view.Anchor = anchor + "-" + strconv.Itoa(len(cr.codes))
			}
			view.Marks = codeMarks(cr.cs, mention, e, known)
			if book != nil {
				on, err := time.Parse(time.DateOnly, m.DateOfService)
				if err != nil {
					on = cr.cs.ReceivedAt
				}
				theirs, err := licensedParts(cr.c.ctx(), book, mention.System, mention.Code, on)
				if err != nil {
					return err
				}
				view.Parts = append(theirs, view.Parts...)
			}
			cr.lines[anchor], cr.titles[anchor] = true, e.Title
			cr.codes = append(cr.codes, view)
		}
	}
	return nil
}

// mentionLabel writes a code as it would be reported: 31297-50, J1885 x4, 99202–99205.
func mentionLabel(m casefile.Mention) string {
	label := m.Code
	if m.RangeEnd != "" {
		label += "–" + m.RangeEnd
	}
	if len(m.Modifiers) > 0 {
		label += "-" + strings.Join(m.Modifiers, "-")
	}
	if m.Units > 0 {
		label += fmt.Sprintf(" ×%d", m.Units)
	}
	return label
}

func codeMarks(cs *casefile.View, m casefile.Mention, e codebook.Entry, known bool) []signView {
	var marks []signView
	worst := ""
	for _, f := range cs.Findings {
		if slices.ContainsFunc(f.Codes, func(s string) bool { return s == m.Code || strings.HasPrefix(s, m.Code+"-") }) && rank(f.Severity) > rank(worst) {
			worst = f.Severity
		}
	}
	if worst != "" {
		w := severityWord(worst)
		marks = append(marks, signView{Label: "has a finding: " + strings.ToLower(w.text), Icon: w.icon, Tone: w.tone})
	} else if known && e.Valid && e.Billable && e.Flags["starter"] == "" { // the starter's list proves nothing of a day
		marks = append(marks, signView{Label: "in force, may be reported", Icon: "check", Tone: green})
	}
	return marks
}

func rank(severity string) int {
	return slices.Index([]string{"", "info", "warning", "error"}, severity)
}

func findings(cs *casefile.View) []findingView {
	var views []findingView
	for _, f := range cs.Findings {
		w := severityWord(f.Severity)
		views = append(views, findingView{Tone: w.tone, Icon: w.icon, Severity: w.text, Message: f.Message, Codes: strings.Join(f.Codes, ", "), Rule: f.Rule, Source: f.Source})
	}
	slices.SortStableFunc(views, func(a, b findingView) int { return toneRank(b.Tone) - toneRank(a.Tone) })
	return views
}

func toneRank(t tone) int { return slices.Index([]tone{blue, amber, red}, t) }

func notChecked(cs *casefile.View) []notCheckedView {
	var views []notCheckedView
	for _, n := range cs.NotChecked {
		views = append(views, notCheckedView{n.Rule, n.Why})
	}
	return views
}

func (cr *caseReader) readMessages(v *casePage) error {
	for i := range cr.cs.Messages {
		m := &cr.cs.Messages[i]
		view, err := cr.message(m)
		if err != nil {
			return err
		}
		view.Open = m.ID == cr.newest || view.New || m.Direction == casefile.Out && !view.Automatic && i == len(cr.cs.Messages)-1
		v.Messages = append(v.Messages, view)
	}
	subject, masked := segments(cr.cs.Subject, cr.litIn("subject", cr.openingMentions()), cr.masks(true))
	cr.masked += masked
	if len(subject) == 0 {
		subject = []segment{{Text: "(no subject)"}}
	}
	v.Subject = subject
	return nil
}

func (cr *caseReader) message(m *casefile.Message) (messageView, error) {
	incoming := m.Direction == casefile.In
	view := messageView{ID: m.ID, Incoming: incoming, At: cr.d.moment(m.At, cr.c.now, "short"), Problems: m.Problems,
		New: incoming && cr.seen != 0 && m.ID > cr.seen, Who: m.Sender.String()}
	if m.RawID != 0 {
		view.Raw = fmt.Sprintf("/messages/%d/raw", m.ID)
	}
	if incoming {
		if view.Trust = trust(m.Trust); view.Trust != nil {
			for _, e := range cr.cs.Events {
				if e.Kind == casefile.EventRead && e.SubjectID == m.ID {
					view.Trust.Why = strings.Join(append([]string{view.Trust.Why}, eventDetails(e, "sender")...), " ")
				}
			}
		}
		view.Automatic = m.Screen != "" && m.Screen != "person"
		if view.Automatic {
			view.Kind = strings.ReplaceAll(m.Screen, "_", " ")
		}
	} else {
		cr.outgoing(m, &view)
	}
	view.Line = m.Sender.Address
	if len(m.Recipients) > 0 {
		var to []string
		for _, p := range m.Recipients {
			to = append(to, p.String())
		}
		view.Line += " to " + strings.Join(to, ", ")
	}
	body, quoted := m.Parsed.Reply, m.Parsed.Quoted
	source := "reply"
	if strings.TrimSpace(body) == "" && strings.TrimSpace(quoted) == "" {
		body, source = m.Parsed.Text, ""
	}
	mentions, err := cr.occurrences(m)
	if err != nil {
		return view, err
	}
	signature := m.Parsed.Signature
	for _, text := range []*string{&body, &quoted, &signature} {
		if short := cut(*text, shownText); len(short) < len(*text) {
			*text = short
			view.Problems = append(slices.Clone(view.Problems), fmt.Sprintf("Only the first %s are shown here; the raw mail has all of it.", size(shownText)))
		}
	}
	var masked int
	view.Body, masked = segments(body, cr.litIn(source, mentions), cr.masks(incoming))
	cr.masked += masked
	if strings.TrimSpace(body) == "" {
		view.Body = nil
	}
	if strings.TrimSpace(quoted) != "" {
		view.Quoted, masked = segments(quoted, cr.litIn("quoted", mentions), cr.masks(incoming))
		cr.masked += masked
		view.QuotedLabel = "Earlier messages"
		if m.Parsed.Forward {
			view.QuotedLabel, view.QuotedOpen = "Forwarded", true
		}
	}
	if strings.TrimSpace(signature) != "" {
		view.Signature, masked = segments(signature, nil, max(maskPatients, cr.masks(incoming)))
		cr.masked += masked
	}
	view.Snippet = firstLine(mask(body))
	for i, a := range m.Attachments {
		if i == shownFiles {
			view.Problems = append(slices.Clone(view.Problems), fmt.Sprintf("Only %d of %d attachments are listed; the raw mail has all of them.", shownFiles, len(m.Attachments)))
			break
		}
		file, err := cr.file(a, mentions)
		if err != nil {
			return view, err
		}
		view.Attachments = append(view.Attachments, file)
	}
	return view, nil
}

func (cr *caseReader) masks(incoming bool) masking {
	if cr.reveal || !incoming {
		return maskNothing
	}
	return maskAll
}

// outgoing says what a mail of ours was, and whether a person wrote it.
func (cr *caseReader) outgoing(m *casefile.Message, view *messageView) {
	i := slices.IndexFunc(cr.cs.Deliveries, func(d casefile.Delivery) bool { return d.ID == m.DeliveryID })
	if i < 0 {
		return
	}
	delivery := cr.cs.Deliveries[i]
	view.Automatic = delivery.Automatic || delivery.UserID == 0
	view.Kind = deliveryKind(delivery.Kind)
	if view.Automatic {
		view.Who, view.Kind = view.Kind, "automatic"
	} else if name := cr.d.userName(cr.c, delivery.UserID); name != "" {
		view.Who = name
	}
	if delivery.State != casefile.DeliveryAccepted {
		view.Kind += ", " + deliveryWord(delivery.State).text
	}
}

// occurrences returns every place in a message that names a code, repeated ones too.
func (cr *caseReader) occurrences(m *casefile.Message) ([]casefile.Mention, error) {
	if m.Direction != casefile.In || m.Kind == "" && m.Payer == "" && len(m.Mentions) == 0 {
		return m.Mentions, nil // nothing was looked for in it
	}
	var reading codes.Reading
	if err := cr.d.Cases.Reading(cr.c.ctx(), m.ID, &reading); err != nil {
		return nil, err
	}
	cr.readings = append(cr.readings, reading)
	if len(reading.Occurrences) == 0 {
		return m.Mentions, nil
	}
	return reading.Occurrences, nil
}

func (cr *caseReader) openingMentions() []casefile.Mention {
	for _, m := range cr.cs.Messages {
		if m.Opened || m.Direction == casefile.In {
			if m.Subject == cr.cs.Subject {
				return m.Mentions
			}
			return nil
		}
	}
	return nil
}

// litIn picks the mentions that stand in one text of a message.
func (cr *caseReader) litIn(source string, mentions []casefile.Mention) []lit {
	var lits []lit
	if source == "" {
		return nil
	}
	for _, m := range mentions {
		if m.Source != source {
			continue
		}
		anchor := codeAnchor(m.System, m.Code)
		title := systemName(m.System) + " " + mentionLabel(m)
		if t := cr.titles[anchor]; t != "" {
			title += ": " + t
		}
		lits = append(lits, lit{start: m.Start, end: m.End, system: m.System, code: m.Code, title: title, known: cr.lines[anchor]})
	}
	return lits
}

// readAs is the machine's reading of the mail in one line, so that a wrong one is seen at once.
func (cr *caseReader) readAs() []readAs {
	var parts []readAs
	for i, code := range cr.codes {
		if i == 4 {
			parts = append(parts, readAs{Value: fmt.Sprintf("+%d", len(cr.codes)-4)})
			break
		}
		parts = append(parts, readAs{Value: code.Code, Code: true, Why: code.Title})
	}
	var payer, service, kind string
	for _, m := range slices.Backward(cr.cs.Messages) {
		if m.Direction != casefile.In {
			continue
		}
		if name := payerName(m.Payer); payer == "" {
			payer = name
		}
		if service == "" {
			service = m.DateOfService
		}
		if name := kindName(m.Kind); kind == "" {
			kind = name
		}
	}
	if payer == "" {
		parts = append(parts, readAs{Value: "payer not stated", Why: "Findings that depend on the payer are worded as Medicare rules."})
	} else {
		parts = append(parts, readAs{Value: payer, Why: "The payer, as the mail states it"})
	}
	parts = append(parts, cr.serviceDay(service))
	if refs := cr.references(); refs != "" {
		parts = append(parts, readAs{Value: refs, Why: "Denial codes, coverage documents and the like that the mail names"})
	}
	if kind != "" {
		parts = append(parts, readAs{Value: kind, Why: "What is asked for"})
	}
	var topics []string
	for _, t := range cr.cs.Topics {
		topics = append(topics, topicName(t))
	}
	if len(topics) > 0 {
		parts = append(parts, readAs{Label: "about", Value: strings.Join(topics, ", ")})
	}
	if cr.cs.Queue != "" && len(cr.d.Queues) > 1 {
		parts = append(parts, readAs{Label: "queue", Value: cr.cs.Queue})
	}
	return parts
}

// serviceDay says of which day the services are, and how sure that is.
func (cr *caseReader) serviceDay(service string) readAs {
	if day, err := time.Parse(time.DateOnly, service); err == nil {
		return readAs{Label: "service", Value: day.Format("2 Jan 2006"), Why: "Date of service, as the mail states it"}
	}
	for _, reading := range slices.Backward(cr.readings) {
		for _, date := range reading.Dates {
			day, err := time.Parse(time.DateOnly, date.Date)
			if err != nil || date.Kind != "dos" && date.Kind != "surgery" && date.Kind != "planned" {
				continue
			}
			basis := date.Basis
			if date.Kind == "planned" {
				basis = "planned"
			}
			return readAs{Label: "service", Value: day.Format("2 Jan 2006") + " (" + basis + ")", Why: "The mail does not plainly state a date of service"}
		}
	}
	return readAs{Value: "date of service not stated", Why: "Codes were looked up as of the day the mail came in."}
}

// references are what the mail names beside codes, each once: CO-97, N362, L33797.
func (cr *caseReader) references() string {
	const most = 4
	var values []string
	for _, reading := range cr.readings {
		for _, ref := range reading.References {
			if !slices.Contains(values, ref.Value) {
				values = append(values, ref.Value)
			}
		}
	}
	if len(values) > most {
		values = append(values[:most:most], fmt.Sprintf("+%d", len(values)-most))
	}
	return strings.Join(values, ", ")
}

func trust(t string) *flagView {
	switch t {
	case "pass":
		return &flagView{"verified", green, "The sender's domain vouches for the address (DKIM or DMARC, aligned)."}
	case "none":
		return &flagView{"not verified", grey, "Nothing proves who sent it. What the case already holds is not sent to this address."}
	case "fail":
		return &flagView{"may be forged", red, "The sender's domain asks to refuse mail like this: nothing shows that it was sent from there."}
	}
	return nil
}

// file is an attachment with what was read of it.
func (cr *caseReader) file(a casefile.Attachment, mentions []casefile.Mention) (fileView, error) {
	name := a.Filename
	if !cr.reveal {
		name = mask(name)
	}
	if strings.TrimSpace(name) == "" {
		name = fmt.Sprintf("attachment %d", a.Position)
	}
	f := fileView{Name: name, Type: a.ContentType, Size: size(a.Size), Waiting: a.Waiting, Problems: a.Problems, Href: fmt.Sprintf("/attachments/%d", a.ID)}
	most := min(shownText, shownDocuments-cr.documents)
	if a.TextBytes == 0 || most <= 0 {
		return f, nil
	}
	text, err := cr.d.Cases.DocumentText(cr.c.ctx(), a, most)
	if err != nil {
		return f, err
	}
	cr.documents += len(text)
	var masked int
	mentions = slices.DeleteFunc(slices.Clone(mentions), func(m casefile.Mention) bool { return m.Attachment != strconv.FormatInt(a.Position, 10) })
	f.Text, masked = segments(text, cr.litIn("attachment:"+a.Filename, mentions), cr.masks(true))
	cr.masked += masked
	f.TextLabel = documentLabel(a, len(text), len(mentions))
	return f, nil
}

// documentLabel says in a line what was read of a document: "text of 3 pages, read from a picture: digits may be wrong".
func documentLabel(a casefile.Attachment, shown, codes int) string {
	label := "Text"
	if n := len(a.Sections); n > 1 {
		what, _, _ := strings.Cut(a.Sections[0].Name, " ")
		label += fmt.Sprintf(" of %d %ss", n, what)
	}
	switch codes {
	case 0:
		label += ", no codes"
	case 1:
		label += ", 1 code"
	default:
		label += fmt.Sprintf(", %d codes", codes)
	}
	if a.Recognised {
		label += "; read from a picture, digits may be wrong"
	}
	if int64(shown) < a.TextBytes {
		label += fmt.Sprintf("; the first %s of %s", size(int64(shown)), size(a.TextBytes))
	}
	return label
}

// parts are the descriptions of a code, official words first, each with where it is from.
func parts(descriptions []codebook.Description) []partView {
	var views []partView
	for _, desc := range descriptions {
		if desc.Text == "" {
			continue
		}
		views = append(views, partView{Label: kindLabel(desc.Kind), Text: desc.Text, Source: desc.Source, Review: desc.ReviewedBy, Copyright: desc.Copyright})
	}
	return views
}

func kindLabel(kind string) string {
	switch kind {
	case codebook.KindOfficial:
		return "Official description"
	case codebook.KindShort:
		return "Short form"
	case codebook.KindConsumer:
		return "For patients, in the code set’s words"
	case codebook.KindClinician:
		return "For clinicians, in the code set’s words"
	case codebook.KindCommon:
		return "In common words"
	case codebook.KindUsedWhen:
		return "When it is used"
	case codebook.KindIncluded:
		return "What belongs to it"
	case codebook.KindSeparate:
		return "Reported separately"
	}
	return sentence(strings.ReplaceAll(kind, "-", " "))
}

func facts(e codebook.Entry) []factView {
	var names []string
	for name := range e.Flags {
		names = append(names, name)
	}
	slices.Sort(names)
	var views []factView
	for _, name := range names {
		value := e.Flags[name]
		if value == "" || value == "true" {
			value = "yes"
		}
		views = append(views, factView{sentence(strings.ReplaceAll(name, "_", " ")), value})
	}
	return views
}
