package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"caseconsultant/workflow/codebook"
	"caseconsultant/workflow/codes"
	"caseconsultant/workflow/licence"
)

// bookFlag is the flag of the commands that need nothing but a codebook.
type bookFlag struct {
	Codebook string `placeholder:"FILE" help:"A codebook made by codes build; the embedded starter if left out."`
}

// with opens the codebook for the length of f.
func (b bookFlag) with(c *console, f func(*codebook.Book) error) error {
	var book *codebook.Book
	var err error
	if b.Codebook == "" {
		book, err = codebook.OpenStarter(c.ctx, "")
	} else {
		book, err = codebook.Open(c.ctx, b.Codebook)
	}
	if err != nil {
		return err
	}
	return errors.Join(f(book), book.Close())
}

// parseDay reads a day as given on the command line; "" is the zero time, which codebooks take for today.
func parseDay(s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	for _, layout := range []string{time.DateOnly, "1/2/2006", "20060102"} {
		if day, err := time.Parse(layout, s); err == nil {
			return day, nil
		}
	}
	return time.Time{}, usageError(fmt.Sprintf(`%q is no day: write it as 2026-03-02`, s))
}

type lookupCommand struct {
	Codes  []string `arg:"" name:"code" help:"Codes as people write them (31297, m5450, 31297-50, J1885), ranges (99202-99205) and patterns (3129x, E11.*)."`
	Limit  int      `default:"50" help:"Of a range or pattern at most so many codes, up to 500."`
	Offset int      `default:"0" help:"Of a range or pattern leave out so many codes at the beginning."`
	DOS    string   `placeholder:"DATE" help:"As of this day of service; today if left out."`
	System string   `placeholder:"SYSTEM" help:"Only this code system: ${systems}."`
	Pairs  bool     `help:"List every NCCI pair that names the code, not only how many there are."`
	JSON   bool     `help:"One object a line."`

	Licensed bool `help:"Show the owners' words too, as far as [licence] of the configuration allows them at the desk."`
	bookFlag
}

// licences are those of the configuration when the owners' words were asked for, else none.
func (c *console) licences(asked bool) (licence.Set, error) {
	if !asked {
		return nil, nil
	}
	cfg, err := LoadConfig(c.config)
	if err != nil {
		return nil, err
	}
	if why := cfg.Licence.Set.Refusal(licence.CPT, licence.Desk, time.Now()); why != "" {
		c.note("%s", why)
	}
	return cfg.Licence.Set, nil
}

// Run looks codes up.
func (l *lookupCommand) Run(c *console) error {
	day, err := parseDay(l.DOS)
	if err != nil {
		return err
	}
	if l.System != "" && !knownSystem(l.System) {
		return usageError(fmt.Sprintf("there is no code system %q: write %s", l.System, orList(stringsOf(codes.Systems()))))
	}
	if l.Limit < 1 || l.Limit > 500 || l.Offset < 0 {
		return usageError("--limit must be from 1 to 500, and --offset not below 0")
	}
	licences, err := c.licences(l.Licensed)
	if err != nil {
		return err
	}
	return l.with(c, func(book *codebook.Book) error {
		book = book.Licensed(func(name string) bool { return licences.Permits(licence.Name(name), licence.Desk, time.Now()) })
		encoder := json.NewEncoder(c.out)
		for i, code := range l.Codes {
			if i > 0 && !l.JSON {
				c.printf("\n")
			}
			entry, err := lookup(c, book, codes.System(l.System), code, day)
			if err != nil {
				return err
			}
			if listed, err := l.list(c, book, code, entry, day); err != nil {
				return err
			} else if listed {
				continue
			}
			if err := book.AddPlace(c.ctx, &entry, day); err != nil {
				return err
			}
			if err := book.AddFacts(c.ctx, &entry, day, l.Pairs); err != nil {
				return err
			}
			if err := book.AddDetails(c.ctx, &entry, day); err != nil {
				return err
			}
			if l.JSON {
				if err := encoder.Encode(entry); err != nil {
					return fmt.Errorf("write the result: %w", err)
				}
				continue
			}
			_, decided := book.Decides(entry.System, entry.Code, day)
			showEntry(c, entry, decided)
			showFacts(c, entry.Facts)
			showDetails(c, entry)
		}
		return nil
	})
}

func knownSystem(s string) bool {
	for _, system := range codes.Systems() {
		if string(system) == s {
			return true
		}
	}
	return false
}

// lookup finds the one entry that a person means by a code: the likeliest system that knows it, else the likeliest that
// its form allows, which says that it is not there. What hangs on a code (31297-50, J1885x4) is no part of it.
func lookup(c *console, book *codebook.Book, system codes.System, written string, day time.Time) (codebook.Entry, error) {
	code := written
	if system == "" {
		if mentions := codes.Find(written, codes.Options{Known: book.Known}); len(mentions) == 1 {
			switch m := mentions[0]; {
			case strings.TrimSpace(m.Text) == strings.TrimSpace(written):
				if m.System != codes.Modifier {
					code = m.Code
				}
			case labelled(written, m.Text): // "CPT 99213" says its system itself
				entry, _, err := book.Lookup(c.ctx, m.System, m.Code, day)
				return entry, err
			}
		}
		found, err := book.Find(c.ctx, code, day)
		if err != nil {
			return codebook.Entry{}, err
		}
		if len(found) > 0 {
			return found[0], nil
		}
		if systems := codes.SystemsOf(code); len(systems) > 0 {
			system = systems[0]
		}
	}
	if system == "" {
		return codebook.Entry{Code: written, Descriptions: []codebook.Description{}, Parents: []string{}, Flags: map[string]string{},
			Status: "This has not the form of a code of any system that we know."}, nil
	}
	entry, _, err := book.Lookup(c.ctx, system, code, day)
	return entry, err
}

// labelled reports whether what stands around a code is but a name of its kind.
func labelled(written, code string) bool {
	rest := strings.ToLower(strings.Trim(strings.Replace(written, code, " ", 1), " :#®."))
	return slices.Contains([]string{"cpt", "cpt code", "hcpcs", "hcpcs code", "icd-10", "icd10", "icd-10-cm", "icd10cm", "icd-10 code", "icd-10-pcs", "dx", "dx code", "diagnosis",
		"code", "modifier", "mod", "pos", "place of service", "ndc", "drg", "ms-drg", "cdt", "rev", "revenue code"}, rest)
}

// showEntry prints an entry for a person. decided is whether a loaded release holds the code set whole on the day: where none does, a code
// is only listed, or not known here.
func showEntry(c *console, e codebook.Entry, decided bool) {
	c.printf("%s  %s\n", e.Code, cmp.Or(e.Title, "(no title)"))
	facts := []string{systemWords(e.System)}
	valid := "valid"
	if !decided {
		valid = "listed"
	}
	switch {
	case e.Billable:
		facts = append(facts, valid, "may be reported")
	case e.Valid:
		facts = append(facts, valid, "a heading: not to be reported by itself")
	case !decided && e.Release == "" && e.System != "":
		facts = append(facts, "not known here")
	default:
		facts = append(facts, "not valid")
	}
	if e.Release != "" {
		facts = append(facts, e.Release)
	}
	c.printf("%s\n", wrap(strings.Join(facts, " · "), "   "))
	if e.Status != "" {
		c.printf("%s\n", wrap(e.Status, "   "))
	}
	showPlace(c, e)
	last := ""
	for _, d := range e.Descriptions {
		if d.Kind != last {
			c.printf("\n   %s\n", kindWords(d.Kind))
			last = d.Kind
		}
		c.printf("%s\n", wrap(d.Text, "     "))
		source := d.Source
		if d.ReviewedBy != "" {
			source += "; " + d.ReviewedBy
		}
		c.printf("%s\n", wrap("["+source+"]", "     "))
		if d.Copyright != "" {
			c.printf("%s\n", wrap(d.Copyright, "     "))
		}
	}
}

func systemWords(s codes.System) string {
	words := map[codes.System]string{codes.CPT: "CPT", codes.HCPCS: "HCPCS Level II", codes.ICD10CM: "ICD-10-CM", codes.ICD10PCS: "ICD-10-PCS",
		codes.Modifier: "modifier", codes.MSDRG: "MS-DRG", codes.Revenue: "revenue code", codes.POS: "place of service", codes.CDT: "CDT", codes.NDC: "NDC"}[s]
	return cmp.Or(words, "no code system")
}

func kindWords(kind string) string {
	words := map[string]string{codebook.KindOfficial: "Official description", codebook.KindMedium: "Medium form", codebook.KindShort: "Short form", codebook.KindCommon: "In common words",
		codebook.KindUsedWhen: "Used when", codebook.KindIncluded: "Included", codebook.KindSeparate: "Reported separately",
		codebook.KindDefinition: "Definition", codebook.KindConsumer: "For patients", codebook.KindClinician: "For clinicians"}[kind]
	return cmp.Or(words, kind)
}

// wrap sets a text in lines of at most 80 characters.
func wrap(s, margin string) string {
	var b strings.Builder
	width := 0
	for word := range strings.FieldsSeq(s) {
		switch {
		case width == 0:
			b.WriteString(margin)
			width = len(margin)
		case width+1+len(word) > 80:
			b.WriteString("\n" + margin)
			width = len(margin)
		default:
			b.WriteByte(' ')
			width++
		}
		b.WriteString(word)
		width += len(word)
	}
	return b.String()
}
