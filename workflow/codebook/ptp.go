package codebook

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"caseconsultant/workflow/codes"
)

// PTPSet names one of the tables of procedure-to-procedure edits of the National Correct Coding Initiative. Each payer and setting has its
// own; a pair of one says nothing about another.
type PTPSet string

// The sets of PTP edits.
const (
	PTPPractitioner         PTPSet = "practitioner" // Medicare, practitioners and ambulatory surgical centers
	PTPHospital             PTPSet = "hospital"     // Medicare, outpatient hospitals (the outpatient code editor)
	PTPMedicaidPractitioner PTPSet = "medicaid-practitioner"
	PTPMedicaidHospital     PTPSet = "medicaid-hospital"
	PTPMedicaidDME          PTPSet = "medicaid-dme"
)

// PTPSets lists them all.
func PTPSets() []PTPSet {
	return []PTPSet{PTPPractitioner, PTPHospital, PTPMedicaidPractitioner, PTPMedicaidHospital, PTPMedicaidDME}
}

// pairRow is one row of a PTP file, small because a set has 2.6 million. Codes are numbers that sort as the codes do (see packCode).
type pairRow struct {
	column1, column2 uint32
	from, to         packedDay // from 0: since before 1996; to 0: in force
	indicator        byte      // 0, 1 or 9
	rationale        byte      // index into the texts
}

func (a pairRow) compare(b pairRow) int {
	return cmp.Or(cmp.Compare(a.column1, b.column1), cmp.Compare(a.column2, b.column2), cmp.Compare(a.from, b.from), cmp.Compare(a.to, b.to),
		cmp.Compare(a.indicator, b.indicator), cmp.Compare(a.rationale, b.rationale))
}

// maxRationales: two bits of the stored byte are the indicator's. The official files have about fifteen.
const maxRationales = 63

// packCode turns five letters and digits into a number below 2^26 that compares as they do; ok is false for anything else.
func packCode(code string) (n uint32, ok bool) {
	if len(code) != 5 {
		return 0, false
	}
	for i := 0; i < 5; i++ {
		c := code[i]
		switch {
		case digit(c):
			n = n*36 + uint32(c-'0')
		case letter(c):
			n = n*36 + uint32(c-'A') + 10
		default:
			return 0, false
		}
	}
	return n, true
}

func unpackCode(n uint32) string {
	var code [5]byte
	for i := 4; i >= 0; i-- {
		code[i] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"[n%36]
		n /= 36
	}
	return string(code[:])
}

// packedDay counts the days from 1 January 1960, so that a day takes two bytes to the year 2139; 0 is open.
type packedDay uint16

var dayZero = makeDay(1960, 1, 1).time()

func packDay(d day) (packedDay, bool) {
	if d == 0 {
		return 0, true
	}
	n := int(d.time().Sub(dayZero).Hours() / 24)
	return packedDay(n), n > 0 && n < 1<<16
}

func (p packedDay) day() day {
	if p == 0 {
		return 0
	}
	return dayOf(dayZero.AddDate(0, 0, int(p)))
}

// pairFacts are the PTP edits of one set, or of a part of it.
type pairFacts struct {
	list       []pairRow // sorted
	rationales []string
	parts      []int // the numbers that the files' names give
}

func (f *pairFacts) rows() int { return len(f.list) }

func (f *pairFacts) describe() string {
	active := 0
	for _, r := range f.list {
		active += btoi(r.to == 0)
	}
	return fmt.Sprintf("%s pairs, %s of them without an end", counted(len(f.list)), counted(active))
}

// join merges another part. A row that both have counts once.
func (f *pairFacts) join(part facts) error {
	p := part.(*pairFacts)
	renumber := make([]byte, len(p.rationales))
	for i, text := range p.rationales {
		n, ok := f.rationale(text)
		if !ok {
			return fmt.Errorf("they have more than %d rationales together", maxRationales)
		}
		renumber[i] = n
	}
	for i := range p.list {
		p.list[i].rationale = renumber[p.list[i].rationale]
	}
	f.list = append(f.list, p.list...)
	f.parts = append(f.parts, p.parts...)
	f.sort()
	return nil
}

func (f *pairFacts) sort() {
	if !slices.IsSortedFunc(f.list, pairRow.compare) { // parts follow each other
		slices.SortFunc(f.list, pairRow.compare)
	}
	f.list = slices.Compact(f.list)
}

func (f *pairFacts) rationale(text string) (byte, bool) {
	i := slices.Index(f.rationales, text)
	if i < 0 {
		if len(f.rationales) == maxRationales {
			return 0, false
		}
		i = len(f.rationales)
		f.rationales = append(f.rationales, text)
	}
	return byte(i), true
}

// gaps says which parts are missing, as far as their numbers tell: the last one may be.
func (f *pairFacts) gaps() string {
	if len(f.parts) == 0 {
		return ""
	}
	var missing []string
	for n := 1; n < slices.Max(f.parts); n++ {
		if !slices.Contains(f.parts, n) {
			missing = append(missing, "f"+strconv.Itoa(n))
		}
	}
	if len(missing) == 0 {
		return ""
	}
	return "part " + strings.Join(missing, ", ") + " is missing"
}

// codeRows lists each code that a pair names, with the first day of its first edit and, when all have ended, the last of its last.
func (f *pairFacts) codeRows() []row {
	type life struct{ from, to packedDay }
	lives := map[uint32]life{}
	note := func(code uint32, r pairRow) {
		if r.indicator == 9 {
			return
		}
		l, ok := lives[code]
		if !ok || r.from < l.from {
			l.from = r.from
		}
		if !ok || r.to == 0 || l.to != 0 && r.to > l.to {
			l.to = r.to
		}
		lives[code] = l
	}
	for _, r := range f.list {
		note(r.column1, r)
		note(r.column2, r)
	}
	keys := make([]uint32, 0, len(lives))
	for k := range lives {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	rows := make([]row, 0, len(keys))
	for _, k := range keys {
		if one, ok := listedRow(unpackCode(k)); ok {
			one.from, one.to = lives[k].from.day(), lives[k].to.day()
			rows = append(rows, one)
		}
	}
	return rows
}

// listedRow makes the row of a code that a file of facts names: it has been seen there, and no more is said of it.
func listedRow(key string) (row, bool) {
	system := codes.System("")
	switch {
	case isCPT(key):
		system = codes.CPT
	case isHCPCS(key):
		system = codes.HCPCS
	case isCDT(key):
		system = codes.CDT
	default:
		return row{}, false
	}
	return row{system: system, key: key, span: span{billable: true}}, true
}

var (
	partInName     = regexp.MustCompile(`(?i)[-_ ]f([1-9])(?:[^0-9]|$)`)
	hospitalInName = regexp.MustCompile(`(?i)ccioph|hospital|outpatient|(?:^|[^a-z])o?ph(?:[^a-z]|$)`)
	practInName    = regexp.MustCompile(`(?i)ccipra|practitioner|physician|(?:^|[^a-z])pra(?:[^a-z]|$)`)
	dmeInName      = regexp.MustCompile(`(?i)(?:^|[^a-z])dme|durable|supplier`)
	medicaidInName = regexp.MustCompile(`(?i)medicaid|(?:^|[^a-z])mcd(?:[^a-z]|$)`)
)

// settingNamed finds the setting, "practitioner", "hospital" or "dme", by the nearest text that names one, with "medicaid-" before it when
// any says so; "" when none names a setting.
func settingNamed(texts ...string) string {
	setting, medicaid := "", false
	for _, text := range texts {
		medicaid = medicaid || medicaidInName.MatchString(text)
		if setting != "" {
			continue
		}
		switch {
		case practInName.MatchString(text):
			setting = "practitioner"
		case hospitalInName.MatchString(text):
			setting = "hospital"
		case dmeInName.MatchString(text):
			setting = "dme"
		}
	}
	if medicaid && setting != "" {
		return "medicaid-" + setting
	}
	return setting
}

// isPTP: rows that begin with two codes below captions Column 1, Column 2, Deletion. The lists of a quarter's changes have no deletion date.
func isPTP(h head) bool {
	p, ok := captionsAbove(h, isPair)
	return ok && p.column("COLUMN 1", "COLUMN1") >= 0 && p.column("COLUMN 2", "COLUMN2") >= 0 && p.column("DELETION") >= 0
}

func isPair(cells []string) bool {
	_, first := packCode(padCode(at(cells, 0)))
	_, second := packCode(padCode(at(cells, 1)))
	return first && second && len(cells) >= 4
}

// padCode gives back the zeros that a spreadsheet took from a code of digits.
func padCode(code string) string {
	if len(code) > 1 {
		return pad(code, 5)
	}
	return code
}

// readPTP reads a part of the NCCI PTP edits, text with tabs, comma separated, or a workbook: column 1 code, column 2 code, "*" if in
// existence before 1996, effective date, deletion date or "*", modifier indicator, rationale, below captions over several rows. Which set
// and which quarter only the file's name tells: ccipra-v322r0-f1 is the first part of version 32.2 for practitioners.
func readPTP(ctx context.Context, in input, r io.Reader) (*edition, []string, error) {
	table, err := openSheet(in.path, r)
	if err != nil {
		return nil, nil, err
	}
	f := &pairFacts{}
	for _, name := range in.context[:min(len(in.context), 2)] {
		if m := partInName.FindStringSubmatch(name); m != nil {
			n, _ := strconv.Atoi(m[1])
			f.parts = append(f.parts, n)
			break
		}
	}
	reader := pairReader{table: table, facts: f, days: map[string]packedDay{}}
	p, err := eachRow(ctx, table, isPair, reader.header, reader.add)
	if err != nil {
		return nil, nil, err
	}
	if len(f.list) == 0 {
		return nil, nil, in.wants("at least one row that begins with two codes")
	}
	f.sort()

	setting := settingNamed(slices.Concat(in.context, p.texts)...)
	if setting == "" {
		return nil, nil, in.wants("a name, of the file or of what holds it, that tells the setting: ccipra... or practitioner, ccioph... or hospital")
	}
	if !slices.Contains(PTPSets(), PTPSet(setting)) {
		return nil, nil, &FileError{File: in.path, Want: "PTP edits of practitioners or outpatient hospitals", Got: setting}
	}
	first, last, by := quarterNamed(in.context)
	var warnings []string
	if first == 0 {
		// The newest edits begin with the quarter that they were published for.
		newest := packedDay(0)
		for _, r := range f.list {
			newest = max(newest, r.from)
		}
		if newest == 0 {
			return nil, nil, undated(in.path, "ccipra-v322r0-f1.txt")
		}
		d := newest.day()
		first, last = quarterOf(int(d)/10000, int(d)/100%100)
		warnings = append(warnings, fmt.Sprintf("%s: no name tells its quarter; it was taken from its newest edit, of %s", in.path, d.words()))
	}
	ed := quarterly(kindPTP+setting, first, last)
	ed.facts, ed.licence = f, p.licence()
	ed.datedBy = guessedBy(by)
	if m := ncciVersion.FindStringSubmatch(by); m != nil {
		ed.rank, _ = strconv.Atoi(m[3]) // r1 mends r0
	}
	return ed, warnings, nil
}

// pairReader turns rows into pairs.
type pairReader struct {
	table                                          sheet
	facts                                          *pairFacts
	days                                           map[string]packedDay // by how they are written: a set has some hundred
	prior, effective, deletion, modifier, rational int
	lastText                                       string
	lastRationale                                  byte
}

func (p *pairReader) header(above *preamble) error {
	p.prior, p.rational = above.column("EXISTENCE", "PRIOR TO"), above.column("RATIONALE")
	for caption, column := range map[string]*int{"EFFECTIVE": &p.effective, "DELETION": &p.deletion, "MODIFIER": &p.modifier} {
		if *column = above.column(caption); *column < 0 {
			return p.table.fault(0, "a caption "+strings.ToLower(caption)+" above the first pair", "")
		}
	}
	return nil
}

func (p *pairReader) add(cells []string) error {
	var r pairRow
	var ok bool
	if r.column1, ok = packCode(padCode(cells[0])); !ok {
		return p.table.fault(0, "a code of five letters and digits", cells[0])
	}
	if r.column2, ok = packCode(padCode(at(cells, 1))); !ok {
		return p.table.fault(1, "a code of five letters and digits", at(cells, 1))
	}
	if r.from, ok = p.day(at(cells, p.effective)); !ok {
		return p.table.fault(p.effective, "a date of the form YYYYMMDD", at(cells, p.effective))
	}
	if at(cells, p.prior) == "*" || r.from == 0 {
		if at(cells, p.prior) != "*" {
			return p.table.fault(p.effective, "a date of the form YYYYMMDD, as the pair did not exist before 1996", "")
		}
		r.from = 0
	}
	if r.to, ok = p.day(at(cells, p.deletion)); !ok {
		return p.table.fault(p.deletion, "a date of the form YYYYMMDD, or * for none", at(cells, p.deletion))
	}
	if r.to != 0 && r.to < r.from {
		return p.table.fault(p.deletion, "a deletion date that is not before the effective date", at(cells, p.deletion))
	}
	switch indicator := at(cells, p.modifier); indicator {
	case "0", "1", "9":
		r.indicator = indicator[0] - '0'
	default:
		return p.table.fault(p.modifier, "the modifier indicator 0, 1 or 9", indicator)
	}
	if text := at(cells, p.rational); text != p.lastText || len(p.facts.rationales) == 0 {
		clean := squeeze(text)
		if p.lastRationale, ok = p.facts.rationale(clean); !ok {
			return p.table.fault(p.rational, fmt.Sprintf("one of at most %d rationales", maxRationales), text)
		}
		p.lastText = text
	}
	r.rationale = p.lastRationale
	p.facts.list = append(p.facts.list, r)
	return nil
}

func (p *pairReader) day(text string) (packedDay, bool) {
	if d, ok := p.days[text]; ok {
		return d, true
	}
	d, err := openDay(text)
	if err != nil {
		return 0, false
	}
	packed, ok := packDay(d)
	if ok {
		p.days[strings.Clone(text)] = packed
	}
	return packed, ok
}
