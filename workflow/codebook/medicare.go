package codebook

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"caseconsultant/workflow/codes"
)

// Facts are what Medicare's and Medicaid's files say of a code on a day, as part of an Entry. A field that is not there means that no loaded
// file says so, never that there is no such rule; NotCovered tells which loaded kinds of files have no release for the day.
type Facts struct {
	// Fee is the fee schedule's row of the whole service, or its only one; Components are its rows with 26, TC or 53.
	Fee        *Fee  `json:"fee,omitempty"`
	Components []Fee `json:"fee_components,omitempty"`
	// Modifiers are those that the fee schedule's indicators provide for.
	Modifiers []FittingModifier `json:"modifiers,omitempty"`
	// MUE are the limits in each setting.
	MUE []Limit `json:"mue,omitempty"`
	// AddOn: it is an add-on code. AddOns are the add-on codes that name it as their primary.
	AddOn  *AddOn   `json:"add_on,omitempty"`
	AddOns []string `json:"add_ons,omitempty"`
	// Pairs counts the PTP edits in force that name it, by set; PairList has them, when asked for.
	Pairs    []PairCount `json:"pairs,omitempty"`
	PairList []Pair      `json:"pair_list,omitempty"`
	OPPS     *OPPS       `json:"opps,omitempty"`
	ASC      *ASC        `json:"asc,omitempty"`
	// Sources are the releases that the facts are from, with their notes and copyright lines.
	Sources []Source `json:"fact_sources,omitempty"`
	// NotCovered says for which kinds of files something is loaded, but nothing for this day.
	NotCovered []string `json:"not_covered,omitempty"`
}

// PairCount is how many PTP edits of a set that apply on the day have the code in column 1 (it is paid) and in column 2 (it is denied).
type PairCount struct {
	Set     PTPSet `json:"set"`
	Column1 int    `json:"column1"`
	Column2 int    `json:"column2"`
	Release string `json:"release"`
}

// AddFacts adds what Medicare's files say of a procedure or supply code on a day (zero: today) to its entry: the facts, and short ones among
// the flags. pairs asks for the list of all its PTP edits, of which there may be ten thousand. Entries of other systems stay as they are.
func (b *Book) AddFacts(ctx context.Context, e *Entry, on time.Time, pairs bool) error {
	if e.System != codes.CPT && e.System != codes.HCPCS && e.System != codes.CDT {
		return nil
	}
	f := &e.Facts
	add := func(kind string, s Source) {
		switch {
		case s.Covered:
			f.Sources = append(f.Sources, s)
		case b.has(kind):
			f.NotCovered = append(f.NotCovered, s.Note)
		}
	}
	fees, source, err := b.Fees(ctx, e.Code, on)
	if err != nil {
		return err
	}
	add(kindFees, source)
	f.Modifiers = fittingModifiers(fees)
	for i := range fees {
		if i == 0 { // the whole service sorts first
			f.Fee = &fees[0]
		} else {
			f.Components = append(f.Components, fees[i])
		}
	}
	for _, setting := range MUESettings() {
		limit, ok, source, err := b.MUE(ctx, setting, e.Code, on)
		if err != nil {
			return err
		}
		add(kindMUE+string(setting), source)
		if ok {
			f.MUE = append(f.MUE, limit)
		}
	}
	addOn, ok, source, err := b.AddOn(ctx, e.Code, on)
	if err != nil {
		return err
	}
	add(kindAddOn, source)
	if ok {
		f.AddOn = &addOn
	}
	if f.AddOns, _, err = b.AddOnsOf(ctx, e.Code, on); err != nil {
		return err
	}
	for _, set := range PTPSets() {
		column1, column2, source, err := b.PTPCount(ctx, set, e.Code, on)
		if err != nil {
			return err
		}
		add(kindPTP+string(set), source)
		if !source.Covered || column1+column2 == 0 {
			continue
		}
		f.Pairs = append(f.Pairs, PairCount{Set: set, Column1: column1, Column2: column2, Release: source.Release})
		if !pairs {
			continue
		}
		list, _, err := b.PTPOf(ctx, set, e.Code, on)
		if err != nil {
			return err
		}
		f.PairList = append(f.PairList, list...)
	}
	opps, ok, source, err := b.OPPS(ctx, e.Code, on)
	if err != nil {
		return err
	}
	add(kindOPPS, source)
	if ok {
		f.OPPS = &opps
	}
	asc, ok, _, source, err := b.ASC(ctx, e.Code, on)
	if err != nil {
		return err
	}
	if ok {
		f.ASC = &asc
		add(kindASC+asc.Addendum, source)
	}
	f.flags(e)
	return nil
}

// flags names the facts that a person looks for first.
func (f *Facts) flags(e *Entry) {
	if e.Flags == nil {
		e.Flags = map[string]string{}
	}
	set := func(name, value string) {
		if value != "" {
			e.Flags[name] = value
		}
	}
	var addOn []string
	if f.AddOn != nil {
		addOn = append(addOn, fmt.Sprintf("NCCI type %d", f.AddOn.Type))
	}
	if f.Fee != nil {
		if f.Fee.GlobalDays == "ZZZ" {
			addOn = append(addOn, "global days ZZZ")
		}
		set("fee_status", f.Fee.StatusWords())
		set("global_days", f.Fee.GlobalWords())
		set("bilateral", f.Fee.BilateralWords())
		set("components", componentWords(f.Fee, f.Components))
		if f.Fee.Status == "C" && f.Fee.GlobalDays == "YYY" && digits(e.Code) && strings.HasSuffix(e.Code, "9") {
			set("unlisted", "likely: the contractor sets price and global days, and the code ends in 9")
		}
	}
	set("add_on", strings.Join(addOn, ", "))
	if f.OPPS != nil {
		set("opps_status", f.OPPS.Status)
	}
	if f.ASC != nil {
		set("asc_indicator", f.ASC.Indicator)
	}
}

// meaning gives "A: active, ..." for a value of a list, else the value alone.
func meaning(value string, words map[string]string) string {
	if text := words[value]; text != "" {
		return value + ": " + text
	}
	return value
}

// StatusWords is the status with what it means. None says that something is not payable: X and E are paid by other schedules.
func (f Fee) StatusWords() string {
	return meaning(f.Status, map[string]string{
		"A": "active, paid by this schedule when covered", "B": "bundled, never paid by itself", "C": "priced by the contractor",
		"D": "deleted", "E": "not on the physician fee schedule by regulation; another schedule may pay", "F": "deleted", "G": "not used by Medicare; another code is", "H": "deleted",
		"I": "not used by Medicare; other payers may use it", "J": "anesthesia, paid by base units and time", "M": "a measure, reported only",
		"N": "not covered by Medicare", "P": "bundled or excluded", "R": "restricted coverage", "T": "paid only when nothing else is paid that day to the same provider",
		"X": "not a physician's service; another schedule (laboratory, ambulance, supplies) may pay"})
}

// GlobalWords is the global period with what it means.
func (f Fee) GlobalWords() string {
	return meaning(f.GlobalDays, map[string]string{"000": "the day itself", "010": "the day and 10 days after", "090": "the day before, the day, and 90 days after",
		"MMM": "maternity", "XXX": "no global period", "YYY": "the contractor decides", "ZZZ": "belongs to the global period of another service (add-on)"})
}

// BilateralWords is the bilateral indicator with what it means.
func (f Fee) BilateralWords() string {
	return meaning(f.Bilateral, map[string]string{"0": "no bilateral payment", "1": "bilateral payment of 150 %: modifier 50", "2": "bilateral already",
		"3": "each side paid in full", "9": "does not apply"})
}

// AssistantWords is the assistant at surgery indicator with what it means.
func (f Fee) AssistantWords() string {
	return meaning(f.Assistant, map[string]string{"0": "only with documented need", "1": "never paid", "2": "may be paid", "9": "does not apply"})
}

// CoSurgeonsWords is the indicator of two surgeons with what it means.
func (f Fee) CoSurgeonsWords() string {
	return meaning(f.CoSurgeons, map[string]string{"0": "not permitted", "1": "with documented need", "2": "permitted for two specialties", "9": "does not apply"})
}

// TeamWords is the indicator of a surgical team with what it means.
func (f Fee) TeamWords() string {
	return meaning(f.Team, map[string]string{"0": "not permitted", "1": "with documented need, by report", "2": "permitted, by report", "9": "does not apply"})
}

// MultipleWords is the multiple procedures indicator with what it means.
func (f Fee) MultipleWords() string {
	return meaning(f.Multiple, map[string]string{"0": "no reduction", "1": "reduced by an older rule", "2": "reduced after the first (100, 50, 50, 50, 50 %)", "3": "reduced within its endoscopy family",
		"4": "imaging, reduced after the first", "5": "therapy, practice expense reduced after the first", "6": "cardiovascular, technical component reduced", "7": "ophthalmology, technical component reduced", "9": "does not apply"})
}

// componentWords tells whether 26 and TC may be used, by all rows of a code: PCTC 6 stands only in rows of modifier 26.
func componentWords(fee *Fee, components []Fee) string {
	pctc := fee.PCTC
	for _, c := range components {
		if c.PCTC == "6" {
			pctc = "6"
		}
	}
	return cmp.Or(meaning(pctc, map[string]string{"0": "a physician's service, no 26 or TC", "1": "26 and TC permitted", "2": "professional component only, no 26 or TC",
		"3": "technical component only, no 26 or TC", "4": "the whole test only, no 26 or TC", "5": "incident to a physician's service, no 26 or TC", "6": "a physician's reading of a laboratory test, 26 permitted",
		"7": "therapy, no 26 or TC", "8": "a physician's reading of a laboratory test, no TC", "9": "does not apply"}), "")
}
