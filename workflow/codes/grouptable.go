package codes

import (
	"strconv"
	"strings"
)

// cell is a field of a table's row.
type cell struct{ from, to int }

// Words that head a column which tells encounters apart, strongest first: a
// claim, a patient, a day.
const (
	claimHeads   = "claim|claim #|claim no|claim number|claim id|icn|encounter|encounter #|enc|enc #|visit #|visit id|case|case #|case no|invoice|invoice #|fin|csn|encounter id"
	patientHeads = "pat|patient|patient name|pt|pt name|name|mrn|acct|acct #|account|account #|patient id|patient acct|chart|chart #|member|member id|patient #|pt #|initials|pt initials|subscriber|record"
	dayHeads     = "dos|date of service|service date|svc date|date|from|dos from|from date|svc dt|serv date|visit date|dates of service|dos (from)|date of svc|from dos"
	codeHeads    = "cpt|hcpcs|code|codes|cpt code|cpt/hcpcs|procedure|proc|proc code|procedure code|px|service|cpt codes|hcpcs/cpt|svc|e/m|em|e/m code|em code|billed|coded|cpt billed|svc code|service code|cpt®|level|dx|icd|icd-10|diagnosis|proc cd|hcpc|procedures|visit code|em level"
	countHeads   = "#|no|no.|row|nr|seq|item|sample|sample #|audit #|s.no|num"
)

// lineHeads head columns that tell the lines of one claim apart, or say
// something about a line.
const lineHeads = "line|ln|line #|line no|line item|lines|description|desc|mod|mods|modifier|modifiers|m1|units|qty|unit|quantity|days|charge|charges|fee|amount|billed amt|rev|rev code|revenue|revenue code|ndc|pos|tos|ptr|pointer|dx ptr|status|paid|allowed|reason|rendering|provider|comments|notes|drug|implant|side|laterality|site|level|procedure description|service description|x|check|option|payer"

// tableBreaks are the rows at which another claim, patient or encounter begins,
// and the tables that tell by themselves which rows belong together.
func tableBreaks(small string, ms []Mention) (out []groupBreak, tables []stretch) {
	m, number := 0, 0
	lines := strings.Split(small, "\n")
	at := 0
	for k := 0; k < len(lines); k++ {
		line := lines[k]
		from := at
		at += len(line) + 1
		for m < len(ms) && ms[m].Start < from {
			m++
		}
		if m < len(ms) && ms[m].Start < from+len(line) || len(line) > 600 {
			continue
		}
		sep := separatorOf(line)
		heads := cellsOf(line, sep)
		keys, counted := keyColumns(line, heads)
		if len(keys) == 0 && !counted {
			continue
		}
		number++
		table := stretch{at, at}
		last := make([]string, len(keys))
		rows, visits, several := 0, 0, 0
		var own []groupBreak // each row by itself
		var named []groupBreak
		distinct := map[string]bool{}
		empty := 0
		for k+1 < len(lines) {
			row := lines[k+1]
			if strings.TrimSpace(row) == "" {
				empty++
				if empty > 1 || sep == ' ' && empty > 0 {
					break
				}
				k++
				at += len(row) + 1
				continue
			}
			if separatorOf(row) != sep && sep != ' ' && !strings.ContainsRune(row, sep) && empty > 0 {
				break
			}
			empty = 0
			k++
			rowAt := at
			at += len(row) + 1
			for m < len(ms) && ms[m].Start < rowAt {
				m++
			}
			services, visit := 0, false
			for j := m; j < len(ms) && ms[j].Start < rowAt+len(row); j++ {
				if ms[j].service() {
					services++
					visit = visit || ms[j].System == CPT && evaluation(numberOf(&ms[j]))
				}
			}
			mentioned := m < len(ms) && ms[m].Start < rowAt+len(row)
			if !mentioned {
				continue
			}
			rows++
			if services > 1 {
				several++
			}
			if visit {
				visits++
			}
			table.to = at
			cells := cellsOf(row, sep)
			key := "table " + strconv.Itoa(number)
			for n, c := range keys {
				v := cellAt(row, cells, heads, c, sep)
				if v == "" {
					v = last[n]
				}
				last[n] = v
				key += "\x00" + v
			}
			distinct[key] = true
			named = append(named, groupBreak{at: rowAt, key: key, first: rows == 1})
			own = append(own, groupBreak{at: rowAt, first: rows == 1})
		}
		switch {
		case rows == 0:
		case len(keys) > 0 && strings.Trim(named[0].key[strings.IndexByte(named[0].key, 0):], "\x00") == "": // the column is not where its header is
		case len(keys) > 0 && len(distinct) > 1:
			out, tables = append(out, named...), append(tables, table)
		case len(keys) > 0: // one claim
			tables = append(tables, table)
		case counted && (several >= 2 || visits >= 2 && visits*2 >= rows):
			out, tables = append(out, own...), append(tables, table)
		}
	}
	if len(tables) == 0 {
		return headlessRows(small, ms)
	}
	return out, tables
}

// headlessRows are the rows of tables without a header: what stands before
// the first code, when it has a number or is initials, tells whose row it is.
func headlessRows(small string, ms []Mention) (out []groupBreak, tables []stretch) {
	m, at := 0, 0
	var block []groupBreak
	keys := map[string]bool{}
	finish := func(to int) {
		if len(block) > 2 && len(keys) > 1 {
			block[0].first = true
			out = append(out, block...)
			tables = append(tables, stretch{block[0].at, to})
		}
		block = nil
		clear(keys)
	}
	for line := range strings.SplitSeq(small, "\n") {
		from := at
		at += len(line) + 1
		for m < len(ms) && ms[m].Start < from {
			m++
		}
		sep := separatorOf(line)
		if m == len(ms) || ms[m].Start > from+len(line) || sep != '\t' && sep != '|' {
			finish(from)
			continue
		}
		head := strings.Trim(small[from:ms[m].Start], " \t|")
		if !rowOwner(head) {
			finish(from)
			continue
		}
		key := "row " + head
		keys[key] = true
		block = append(block, groupBreak{at: from, key: key})
	}
	finish(len(small))
	return out, tables
}

// rowOwner says whether what stands before a row's code names its encounter:
// a date, an account, initials. A line number alone does not.
func rowOwner(head string) bool {
	letters := strings.Trim(strings.ReplaceAll(head, ".", ""), " ")
	switch {
	case head == "" || len(head) > 60:
		return false
	case digitsOnly([]byte(head)):
		return len(head) > 3
	case strings.ContainsAny(head, "0123456789"):
		return true
	}
	return len(letters) <= 3
}

func numberOf(m *Mention) int { return number(m.Code) }

// separatorOf is what parts the fields of a line: a tab, a pipe, a semicolon, a
// comma, or (' ') several blanks.
func separatorOf(line string) rune {
	switch {
	case strings.Contains(line, "\t"):
		return '\t'
	case strings.Contains(line, "|"):
		return '|'
	case strings.Count(line, ";") > 1:
		return ';'
	case strings.Count(line, ",") > 1:
		return ','
	}
	return ' '
}

// cellsOf cuts a line into its fields, blanks around them left out.
func cellsOf(line string, sep rune) (out []cell) {
	add := func(from, to int) {
		for from < to && (line[from] == ' ' || line[from] == '"') {
			from++
		}
		for from < to && (line[to-1] == ' ' || line[to-1] == '"' || line[to-1] == '\r') {
			to--
		}
		out = append(out, cell{from, to})
	}
	if sep != ' ' {
		from := 0
		for i := 0; i <= len(line); i++ {
			if i == len(line) || rune(line[i]) == sep {
				if !(sep == '|' && i == 0) { // a leading pipe
					add(from, i)
				}
				from = i + 1
			}
		}
		return out
	}
	for i := 0; i < len(line); {
		if line[i] == ' ' {
			i++
			continue
		}
		from := i
		for i < len(line) && !(line[i] == ' ' && (i+1 == len(line) || line[i+1] == ' ')) {
			i++
		}
		add(from, i)
	}
	return out
}

// keyColumns are the columns that tell encounters apart; counted says that the
// rows are only numbered. A line is a header when it heads codes too.
func keyColumns(line string, heads []cell) (keys []int, counted bool) {
	if len(heads) < 2 || len(heads) > 40 {
		return nil, false
	}
	codes := false
	claim, patient, date := -1, -1, -1
	strange := false // the first column is headed by something unknown: what the rows are of
	for n, h := range heads {
		w := strings.Trim(line[h.from:h.to], " :*.\"()")
		if len(w) > 28 {
			return nil, false
		}
		switch {
		case headed(w, codeHeads) || hasWord(w, "cpt|hcpcs|e/m|svc cd|proc cd|serv cd|procedure code|service code"):
			codes = true
		case claim < 0 && headed(w, claimHeads):
			claim = n
		case patient < 0 && headed(w, patientHeads):
			patient = n
		case date < 0 && headed(w, dayHeads):
			date = n
		case headed(w, countHeads) || w == "" && n == 0:
			counted = true
		case n == 0 && w != "" && !headed(w, lineHeads):
			strange = true
		}
	}
	if strange && claim < 0 && patient < 0 {
		patient = 0
	}
	switch {
	case !codes:
		return nil, false
	case claim >= 0:
		return []int{claim}, false
	case patient >= 0 && date >= 0:
		return []int{patient, date}, false
	case patient >= 0:
		return []int{patient}, false
	case date >= 0:
		return []int{date}, false
	}
	return nil, counted
}

// headed says whether a header's cell is one of the words.
func headed(w, words string) bool {
	for p := range strings.SplitSeq(words, "|") {
		if w == p {
			return true
		}
	}
	return false
}

// cellAt is what a row has in a column of the header. Columns parted by blanks
// go by their place when fields are missing.
func cellAt(row string, cells, heads []cell, column int, sep rune) string {
	if sep == ' ' && len(cells) != len(heads) {
		for _, c := range cells {
			if d := c.from - heads[column].from; d > -4 && d < 4 {
				if column+1 < len(heads) {
					if next := heads[column+1].from; c.from < next && next < c.to && row[next-1] == ' ' {
						return strings.TrimRight(row[c.from:next], " ") // it fills its column: one blank parts it from the next
					}
				}
				return row[c.from:c.to]
			}
		}
		return ""
	}
	if column >= len(cells) {
		return ""
	}
	return row[cells[column].from:cells[column].to]
}
