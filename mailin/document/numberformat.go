package document

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// builtinFormats are the formats that a workbook refers to by number without spelling them out (ECMA-376-1, 18.8.30).
var builtinFormats = map[int]string{
	1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00", 5: `"$"#,##0;-"$"#,##0`, 6: `"$"#,##0;-"$"#,##0`, 7: `"$"#,##0.00;-"$"#,##0.00`, 8: `"$"#,##0.00;-"$"#,##0.00`,
	9: "0%", 10: "0.00%", 11: "0.00E+00", 12: "# ?/?", 13: "# ??/??", 14: "m/d/yyyy", 15: "d-mmm-yy", 16: "d-mmm", 17: "mmm-yy", 18: "h:mm AM/PM", 19: "h:mm:ss AM/PM",
	20: "h:mm", 21: "h:mm:ss", 22: "m/d/yy h:mm", 27: "m/d/yyyy", 28: "m/d/yyyy", 29: "m/d/yyyy", 30: "m/d/yyyy", 31: "m/d/yyyy", 32: "h:mm", 33: "h:mm:ss", 34: "h:mm", 35: "h:mm:ss",
	36: "m/d/yyyy", 37: "#,##0;(#,##0)", 38: "#,##0;(#,##0)", 39: "#,##0.00;(#,##0.00)", 40: "#,##0.00;(#,##0.00)", 41: "#,##0;(#,##0)", 42: `"$"#,##0;("$"#,##0)`,
	43: "#,##0.00;(#,##0.00)", 44: `"$"#,##0.00;("$"#,##0.00)`, 45: "mm:ss", 46: "[h]:mm:ss", 47: "mm:ss.0", 48: "##0.0E+0", 49: "@", 50: "m/d/yyyy", 51: "m/d/yyyy", 52: "m/d/yyyy", 53: "m/d/yyyy",
	54: "m/d/yyyy", 55: "m/d/yyyy", 56: "m/d/yyyy", 57: "m/d/yyyy", 58: "m/d/yyyy",
}

// numberFormat is how Excel shows a number; nil is "General".
type numberFormat struct {
	sections []formatSection
}

// formatSection is one of the sections for positive and negative numbers and zero, or for those that meet a condition.
type formatSection struct {
	parts             []formatPart
	date, time, spent bool // shows a date, a time of day, hours that were spent
	seconds           bool
	general           bool // no digits of its own
	condition         string
	bound             float64
	scale             float64
	whole, decimals   int // places before and after the point
	needed            int // decimals that are shown although they are zero
	exponent          bool
}

// formatPart is a literal, or a place for a digit.
type formatPart struct {
	literal string
	place   byte // '0', '#', '?'; '.' for the point; 0 for a literal
}

func parseNumberFormat(code string) *numberFormat {
	if code == "" || strings.EqualFold(code, "General") || len(code) > 1000 {
		return nil
	}
	f := &numberFormat{}
	for len(f.sections) < 4 {
		var s formatSection
		var more bool
		s, code, more = parseSection(code)
		f.sections = append(f.sections, s)
		if !more {
			break
		}
	}
	return f
}

// parseSection reads a section up to its semicolon.
func parseSection(code string) (s formatSection, rest string, more bool) {
	s.scale = 1
	point, fraction := false, false
	places := 0
	literal := func(t string) { s.parts = append(s.parts, formatPart{literal: t}) }
	for i := 0; i < len(code); i++ {
		switch c := code[i]; c {
		case ';':
			return s.end(places, fraction), code[i+1:], true
		case '"':
			end := strings.IndexByte(code[i+1:], '"')
			if end < 0 {
				end = len(code) - i - 1
			}
			literal(code[i+1 : i+1+end])
			i += end + 1
		case '\\', '!':
			if i+1 < len(code) {
				n := 1
				for i+1+n < len(code) && code[i+1+n]&0xc0 == 0x80 {
					n++
				}
				literal(code[i+1 : i+1+n])
				i += n
			}
		case '_', '*':
			i++ // a space as wide as the next character, or that character to the full width
		case '[':
			end := strings.IndexByte(code[i:], ']')
			if end < 0 {
				return s.end(places, fraction), "", false
			}
			s.bracket(code[i+1:i+end], literal)
			i += end
		case '0', '#', '?':
			places++
			if point {
				s.decimals++
				if c == '0' {
					s.needed = s.decimals
				}
			} else {
				s.whole++
			}
			s.parts = append(s.parts, formatPart{place: c})
		case '.':
			if s.time || s.seconds {
				continue // fractions of a second
			}
			if point = true; s.decimals == 0 {
				s.parts = append(s.parts, formatPart{place: '.'})
			}
		case ',':
			// Between digits it would group thousands, which is left out: a code must stay one word. After them it divides.
			j := i
			for j < len(code) && code[j] == ',' {
				j++
			}
			if places > 0 && (j == len(code) || !strings.ContainsRune("0#?", rune(code[j]))) {
				s.scale /= math.Pow(1000, float64(min(j-i, 5)))
			}
			i = j - 1
		case '%':
			s.scale *= 100
			literal("%")
		case 'E', 'e':
			if i+1 < len(code) && (code[i+1] == '+' || code[i+1] == '-') && places > 0 {
				s.exponent = true
				i++
				for i+1 < len(code) && strings.IndexByte("0#?", code[i+1]) >= 0 {
					i++
				}
				continue
			}
			s.date = true // the year of an era
		case '/':
			fraction = fraction || places > 0
			literal("/")
		case 'y', 'Y', 'd', 'D':
			s.date = true
		case 'h', 'H':
			s.time = true
		case 's', 'S':
			s.time, s.seconds = true, true
		case 'm', 'M':
			// Minutes beside hours or seconds, months otherwise; end decides for a lone m.
			s.parts = append(s.parts, formatPart{place: 'm'})
		case 'A', 'a':
			for _, half := range []string{"AM/PM", "A/P"} {
				if len(code)-i >= len(half) && strings.EqualFold(code[i:i+len(half)], half) {
					s.time = true
					i += len(half) - 1
					break
				}
			}
		case 'G', 'g':
			if len(code)-i >= 7 && strings.EqualFold(code[i:i+7], "General") {
				s.parts = append(s.parts, formatPart{place: '@'})
				i += 6
			}
		case '@':
			s.parts = append(s.parts, formatPart{place: '@'})
		default:
			literal(string(c))
			if c >= 0x80 { // a character of several bytes, such as a currency sign without quotes
				n := 1
				for i+n < len(code) && code[i+n]&0xc0 == 0x80 {
					n++
				}
				s.parts[len(s.parts)-1].literal = code[i : i+n]
				i += n - 1
			}
		}
	}
	return s.end(places, fraction), "", false
}

// bracket reads what stands in brackets: a colour, a condition, a currency, hours that were spent.
func (s *formatSection) bracket(in string, literal func(string)) {
	lower := strings.ToLower(in)
	switch {
	case strings.HasPrefix(in, "$"):
		currency, _, _ := strings.Cut(in[1:], "-")
		if currency != "" {
			literal(currency)
		}
	case in != "" && strings.ContainsRune("<>=", rune(in[0])):
		op := in[:len(in)-len(strings.TrimLeft(in, "<>="))]
		if n, err := strconv.ParseFloat(in[len(op):], 64); err == nil {
			s.condition, s.bound = op, n
		}
	case strings.Trim(lower, "h") == "", strings.Trim(lower, "m") == "", strings.Trim(lower, "s") == "":
		s.time, s.spent = true, true
	}
}

func (s formatSection) end(places int, fraction bool) formatSection {
	months, hole := false, false
	for _, p := range s.parts {
		months = months || p.place == 'm'
		hole = hole || p.place == '@'
	}
	if months && !s.time {
		s.date = true
	}
	if s.date || s.time {
		return s
	}
	s.general = places == 0 && len(s.parts) == 0 || fraction || hole
	return s
}

// general shows a number as Excel does without a format: 15 digits, and no exponent where a person would write none.
func general(n float64) string {
	if math.IsInf(n, 0) || math.IsNaN(n) {
		return ""
	}
	if abs := math.Abs(n); abs != 0 && (abs < 1e-9 || abs >= 1e20) {
		return strconv.FormatFloat(n, 'E', -1, 64)
	}
	s := strconv.FormatFloat(n, 'g', 15, 64)
	if m, err := strconv.ParseFloat(s, 64); err == nil {
		n = m
	}
	return strconv.FormatFloat(n, 'f', -1, 64)
}

// show writes a number as it is shown. Dates are written as 2026-03-01 whatever the format, because 3/1/26 is two days.
func (f *numberFormat) show(n float64, date04 bool) string {
	if f == nil {
		return general(n)
	}
	s, signed := f.choose(n)
	switch {
	case s.date || s.time:
		return s.showTime(n, date04)
	case s.general && len(s.parts) == 0:
		return general(n)
	}
	v := math.Abs(n) * s.scale
	var text string
	switch {
	case s.general:
		text = s.around(general(v))
	case s.exponent:
		text = strconv.FormatFloat(v, 'E', s.decimals, 64)
	case v >= 1e20:
		text = general(v)
	default:
		text = s.digits(v)
	}
	if signed && strings.ContainsAny(text, "123456789") {
		text = "-" + text
	}
	return flat(text)
}

// choose finds the section for a number, and whether the number's sign is still to be written.
func (f *numberFormat) choose(n float64) (s *formatSection, signed bool) {
	conditional := false
	for i := range f.sections {
		s := &f.sections[i]
		if s.condition == "" {
			continue
		}
		conditional = true
		ok := false
		switch s.condition {
		case "<":
			ok = n < s.bound
		case "<=":
			ok = n <= s.bound
		case ">":
			ok = n > s.bound
		case ">=":
			ok = n >= s.bound
		case "=":
			ok = n == s.bound
		case "<>":
			ok = n != s.bound
		}
		if ok {
			return s, n < 0
		}
	}
	if conditional {
		for i := range f.sections {
			if f.sections[i].condition == "" {
				return &f.sections[i], n < 0
			}
		}
		return &formatSection{scale: 1, general: true, parts: nil}, n < 0
	}
	switch count := len(f.sections); {
	case n < 0 && count > 1:
		return &f.sections[1], false
	case n == 0 && count > 2:
		return &f.sections[2], false
	}
	return &f.sections[0], n < 0
}

// around puts the literals of a section around a number.
func (s *formatSection) around(number string) string {
	var sb strings.Builder
	put := false
	for _, p := range s.parts {
		switch {
		case p.place == 0 && p.literal != "/":
			sb.WriteString(p.literal)
		case !put:
			sb.WriteString(number)
			put = true
		}
	}
	if !put {
		sb.WriteString(number)
	}
	return sb.String()
}

// digits puts a number's digits in their places.
func (s *formatSection) digits(v float64) string {
	// A nudge makes halves that binary fractions miss go up, as they do on the screen.
	if s.decimals <= 8 {
		v *= 1 + 1e-15
	}
	text := strconv.FormatFloat(v, 'f', min(s.decimals, 15), 64)
	whole, decimals, _ := strings.Cut(text, ".")
	if whole = strings.TrimLeft(whole, "0"); s.whole == 0 && whole != "" {
		return text
	}
	for len(decimals) > s.needed && strings.HasSuffix(decimals, "0") {
		decimals = decimals[:len(decimals)-1]
	}
	var sb strings.Builder
	place := s.whole // places before the point that are left
	after := false
	for _, p := range s.parts {
		switch {
		case p.place == 0:
			sb.WriteString(p.literal)
		case p.place == '.':
			after = true
			if decimals != "" {
				sb.WriteByte('.')
			}
		case after:
			if decimals != "" {
				sb.WriteByte(decimals[0])
				decimals = decimals[1:]
			}
		default:
			// The first place takes all digits that have none of their own.
			if n := len(whole) - place + 1; n >= 1 {
				sb.WriteString(whole[:n])
				whole = whole[n:]
			} else if p.place == '0' {
				sb.WriteByte('0')
			}
			place--
		}
	}
	return sb.String()
}

// showTime writes a serial number of days as a date, a time or both.
func (s *formatSection) showTime(n float64, date04 bool) string {
	if n < 0 || n > 2958466 {
		return general(n)
	}
	seconds := int64(math.Round(n * 86400))
	if !s.date {
		h, m, sec := seconds/3600, seconds/60%60, seconds%60
		if !s.spent {
			h %= 24
		}
		if s.seconds && sec != 0 {
			return fmt.Sprintf("%02d:%02d:%02d", h, m, sec)
		}
		return fmt.Sprintf("%02d:%02d", h, m)
	}
	if n < 1 && !date04 {
		return general(n)
	}
	base := time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC)
	switch {
	case date04:
		base = time.Date(1904, 1, 1, 0, 0, 0, 0, time.UTC)
	case n < 60: // Excel has a 29th of February 1900
		base = base.AddDate(0, 0, 1)
	}
	t := base.AddDate(0, 0, int(seconds/86400)).Add(time.Duration(seconds%86400) * time.Second)
	if !s.time {
		return t.Format("2006-01-02")
	}
	return isoTime(t)
}

// isoTime writes a date, and the time where there is one.
func isoTime(t time.Time) string {
	switch {
	case t.Hour() == 0 && t.Minute() == 0 && t.Second() == 0:
		return t.Format("2006-01-02")
	case t.Second() == 0:
		return t.Format("2006-01-02 15:04")
	}
	return t.Format("2006-01-02 15:04:05")
}
