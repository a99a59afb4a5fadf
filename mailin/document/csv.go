package document

import (
	"bufio"
	"context"
	"strings"

	"caseconsultant/mailin/message"
)

// readCSV reads a table as lines whose columns are separated by tabs, whatever separates them in the file.
func readCSV(ctx context.Context, in input, out output, b *budget) error {
	raw, err := in.bytes(ctx)
	if err != nil {
		return err
	}
	text := message.DecodeText(raw, "")
	comma, _ := separator(text[:min(len(text), SniffBytes)], len(text) > SniffBytes)
	// Excel's own line at the top of a file.
	if rest, ok := strings.CutPrefix(text, "sep="); ok && len(rest) > 1 && rest[1] == '\n' {
		comma, text = rest[0], rest[2:]
	}
	p := newProse(out, b)
	defer p.done()
	rows := csvRows{r: bufio.NewReader(strings.NewReader(text)), comma: comma}
	for n := 0; !p.full; n++ {
		if n%1000 == 0 && ctx.Err() != nil {
			return nil
		}
		row, ok := rows.next()
		if !ok {
			return nil
		}
		if b.cells -= len(row); b.cells < 0 {
			out.problem(problemCells)
			return nil
		}
		p.write(strings.Join(row, "\t"))
		p.endLine()
	}
	return nil
}

// csvRows splits a table into rows leniently (RFC 4180 with the common violations): a quote within an unquoted field is
// text, and so is what follows a closing quote.
type csvRows struct {
	r      *bufio.Reader
	comma  byte
	quotes bool // no quote closes any more: quotes are text
}

// maxCSVColumns is as many columns as Excel has; what follows is one more.
const maxCSVColumns = 16384

// maxField is where a field in quotes is taken to have lost its closing quote.
const maxField = 32 << 10

func (c *csvRows) next() ([]string, bool) {
	line, err := c.r.ReadString('\n')
	if line == "" && err != nil {
		return nil, false
	}
	var row []string
	var field strings.Builder
	rest := strings.TrimRight(line, "\r\n")
	for {
		if len(row) == maxCSVColumns {
			return append(row, flat(rest)), true
		}
		lead := strings.TrimLeft(rest, " ")
		if strings.HasPrefix(lead, `"`) && !c.quotes {
			// A quoted field may go on in the next lines. One that goes on for too long lost its quote, and from there on
			// quotes are text: else each would be looked for to the end anew.
			field.Reset()
			lead = lead[1:]
			for {
				i := strings.IndexByte(lead, '"')
				if i >= 0 {
					field.WriteString(lead[:i])
					lead = lead[i+1:]
					if strings.HasPrefix(lead, `"`) {
						field.WriteByte('"')
						lead = lead[1:]
						continue
					}
					break
				}
				field.WriteString(lead)
				lead = ""
				if field.Len() > maxField {
					c.quotes = true
					break
				}
				more, err := c.r.ReadString('\n')
				if more == "" && err != nil {
					break
				}
				field.WriteByte(' ')
				lead = strings.TrimRight(more, "\r\n")
			}
			i := strings.IndexByte(lead, c.comma)
			if i < 0 {
				field.WriteString(lead)
				return append(row, flat(field.String())), true
			}
			field.WriteString(lead[:i])
			row = append(row, flat(field.String()))
			rest = lead[i+1:]
			continue
		}
		i := strings.IndexByte(rest, c.comma)
		if i < 0 {
			return append(row, flat(rest)), true
		}
		row = append(row, flat(rest[:i]))
		rest = rest[i+1:]
	}
}

// flat brings a field on one line without tabs, and takes off what keeps Excel from reading numbers: ="00123".
func flat(s string) string {
	s = strings.TrimSpace(s)
	if strings.HasPrefix(s, `="`) && strings.HasSuffix(s, `"`) && len(s) > 3 {
		s = s[2 : len(s)-1]
	}
	if strings.ContainsAny(s, "\t\n") {
		s = strings.Join(strings.Fields(s), " ")
	}
	return s
}

// separator finds what separates the columns of a table: what most evenly divides its lines. even says that the lines
// are so even that the text must be a table.
func separator(text string, cut bool) (comma byte, even bool) {
	const separators = ",;\t|"
	var columns [len(separators)]map[int]int
	for i := range columns {
		columns[i] = make(map[int]int)
	}
	rows := 0
	var counts [len(separators)]int
	quoted, any := false, false
	if cut { // the last line is not whole
		text = text[:strings.LastIndexByte(text, '\n')+1]
	}
	for i := 0; i <= len(text) && rows < 500; i++ {
		if i == len(text) || text[i] == '\n' && !quoted {
			if any {
				rows++
				for k := range counts {
					columns[k][counts[k]]++
				}
			}
			counts, any, quoted = [len(separators)]int{}, false, false
			continue
		}
		c := text[i]
		if c == '"' {
			quoted = !quoted
		}
		any = any || c > ' '
		if quoted {
			continue
		}
		if k := strings.IndexByte(separators, c); k >= 0 {
			counts[k]++
		}
	}
	best, share, width := 0, 0, 0
	for k := range columns {
		for n, lines := range columns[k] {
			if n > 0 && (lines > share || lines == share && (n > width || n == width && k < best)) {
				best, share, width = k, lines, n
			}
		}
	}
	if width == 0 {
		return ',', false
	}
	need := 3
	if width == 1 && separators[best] != '\t' {
		need = 6 // a list of two words a line is prose as often
	}
	return separators[best], rows >= need && share*10 >= rows*9
}
