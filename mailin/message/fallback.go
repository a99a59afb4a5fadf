package message

import (
	"io"
	"strings"
)

// fallbackBytes is how much Fallback reads.
const fallbackBytes = 256 << 10

// Fallback reads a mail without understanding MIME at all: header lines by a plain scan, and the body as the bytes that it
// is. It is for a mail on which Parse has killed the process before, so that even such a mail reaches a person.
func Fallback(r io.Reader) *Message {
	raw, _ := io.ReadAll(io.LimitReader(r, fallbackBytes))
	text := cleanText(string(raw))
	head, rest, ok := strings.Cut(strings.TrimLeft(text, "\n"), "\n\n")
	if !ok {
		rest = text // the header has no end here, or there is none
	}
	m := &Message{Text: rest, Problems: []string{"The mail could not be taken apart; its text is shown as it came."}}
	var last *Field
	for line := range strings.SplitSeq(head, "\n") {
		if last != nil && (strings.HasPrefix(line, " ") || strings.HasPrefix(line, "\t")) {
			last.Value += " " + strings.TrimSpace(line)
			last.raw = last.Value
			continue
		}
		name, value, ok := strings.Cut(line, ":")
		if !ok || strings.ContainsAny(name, " \t") || len(m.Fields) == 200 {
			last = nil
			continue
		}
		m.Fields = append(m.Fields, Field{Name: name, Value: strings.TrimSpace(value), raw: strings.TrimSpace(value)})
		last = &m.Fields[len(m.Fields)-1]
	}
	for _, f := range m.Fields {
		switch strings.ToLower(f.Name) {
		case "from":
			if open, after := strings.LastIndexByte(f.Value, '<'), strings.LastIndexByte(f.Value, '>'); open >= 0 && after > open {
				m.From.Address = f.Value[open+1 : after]
			} else {
				m.From.Address = f.Value
			}
		case "subject":
			m.Subject = f.Value
		case "message-id":
			m.MessageID = strings.Trim(f.Value, "<> ")
		}
	}
	m.Text = strings.TrimSpace(m.Text)
	m.Reply = m.Text
	if m.Reply != "" {
		m.ReplyOffsets = [][2]int{{0, len(m.Text)}}
	}
	return m
}
