package checks

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"caseconsultant/workflow/codebook"
	"caseconsultant/workflow/codes"
	"caseconsultant/workflow/finding"
)

// addOns asks for the primary procedure of an add-on code.
//
// Authority: NCCI add-on code edits (type 1: payable only with one of the listed primaries; 2: the contractor settles them; 3: the listed ones
// and others that the contractor settles); NCCI Policy Manual, chapter I, section R; Medicare fee schedule, global days ZZZ, for add-on codes
// that the edits do not have. An email is not a claim: what is missing from it may be on the claim, so the finding is information only.
func addOns(ctx context.Context, r *run) error {
	a := addOnRun{run: r, said: map[string]bool{}}
	for _, g := range r.groups() {
		lines := withoutEchoes(r.together(g))
		for _, l := range lines {
			if err := a.line(ctx, l, g); err != nil {
				return err
			}
		}
	}
	return nil
}

type addOnRun struct {
	*run
	said map[string]bool
}

// present are the procedures of a group that may be the primary: those on the claim, and alternatives, of which one will be.
func (a *addOnRun) present(group int) []line {
	return a.lines(func(m codes.Mention) bool {
		return m.Group == group && (billing(m.Role) || m.Role == codes.RoleAlternative || m.Role == codes.RoleReplaced)
	})
}

// shownPrimaries is how many a message names; data has up to keptPrimaries.
const (
	shownPrimaries = 6
	keptPrimaries  = 60
)

func (a *addOnRun) line(ctx context.Context, l line, group int) error {
	edit, ok, source, err := a.addOn(ctx, l.Code, l.date.Day)
	if err != nil {
		return err
	}
	if ok {
		return a.listed(ctx, l, group, edit, source)
	}
	fee, has, feeSource, err := a.fee(ctx, l.Code, l.date.Day)
	if err != nil {
		return err
	}
	zzz := has && fee.GlobalDays == "ZZZ"
	if !zzz && !source.Covered && !has {
		entry, known, err := a.entry(ctx, l.System, l.Code, l.date.Day)
		if err != nil {
			return err
		}
		if known && strings.Contains(entry.Title, "(add-on)") { // our own words say it
			a.notChecked(finding.AddOnWithoutPrimary, fmt.Sprintf("No add-on code edits are loaded for %s, so whether the primary of %s is there was not checked.", l.date.Day.Format("2 Jan 2006"), l.Code))
		}
		return nil
	}
	if !zzz {
		return nil
	}
	if other, err := a.otherProcedure(ctx, l, group); err != nil || other {
		return err
	}
	message := fmt.Sprintf("%s is an add-on code (global days ZZZ): it is paid only beside its primary procedure, if that is not also on the claim.", l.Code)
	if source.Covered {
		message += " The add-on code edits do not have it, so which codes are its primaries is not known here."
	} else {
		message += " No add-on code edits are loaded for that day, so which codes are its primaries is not known here."
	}
	a.say(l, finding.Info, []string{l.Code}, message, cite(feeSource), map[string]any{"global_days": "ZZZ", "release": feeSource.Release})
	return nil
}

// listed: the add-on code edits have the code.
func (a *addOnRun) listed(ctx context.Context, l line, group int, edit codebook.AddOn, source codebook.Source) error {
	var with, denied []string
	for _, p := range a.present(group) {
		if p.Code == l.Code || !slices.Contains(edit.Primaries, p.Code) {
			continue
		}
		with = append(with, p.Code)
		if p.Role == codes.RoleDenied {
			denied = append(denied, p.Code)
		}
	}
	data := map[string]any{"type": edit.Type, "contractor_defined": edit.ContractorDefined, "primaries": edit.Primaries[:min(len(edit.Primaries), keptPrimaries)],
		"primaries_total": len(edit.Primaries), "release": edit.Release}
	if len(edit.Notes) > 0 {
		data["notes"] = edit.Notes
	}
	if len(with) > 0 {
		if len(denied) == len(with) && l.Role != codes.RoleDenied {
			slices.Sort(denied)
			denied = slices.Compact(denied)
			a.say(l, finding.Warning, append([]string{l.Code}, denied...), fmt.Sprintf("%s is an add-on to %s, which was denied: where the primary is not paid, the add-on is not either.", l.Code, list(denied)), cite(source), data)
		}
		return nil
	}
	other, err := a.otherProcedure(ctx, l, group)
	if err != nil {
		return err
	}
	message := ""
	switch {
	case edit.Type == 2:
		if other {
			return nil // whether it is one of the contractor's primaries, no file says
		}
		message = fmt.Sprintf("%s is an add-on code (type 2): it is paid only beside a primary procedure that the contractor accepts, if none is also on the claim.", l.Code)
	case edit.Type == 3 || edit.ContractorDefined:
		message = fmt.Sprintf("%s is an add-on code (type 3): it is paid beside %s, or another primary that the contractor accepts, if none is also on the claim.", l.Code, primariesOf(edit))
	default:
		message = fmt.Sprintf("%s is an add-on code (type 1): it is paid only beside %s, if none is also on the claim.", l.Code, primariesOf(edit))
	}
	if l.Code == "99292" {
		message += " 99291 may also have been reported that day by another practitioner of the same group and specialty."
	}
	a.say(l, finding.Info, []string{l.Code}, message, cite(source), data)
	return nil
}

// primariesOf names them for a sentence: "one of 22551 and 22554".
func primariesOf(edit codebook.AddOn) string {
	n := len(edit.Primaries)
	switch {
	case n == 0:
		return "a primary procedure"
	case n == 1:
		return "its primary " + edit.Primaries[0]
	case n > shownPrimaries:
		return fmt.Sprintf("one of its primaries (%s and %d more)", strings.Join(edit.Primaries[:shownPrimaries], ", "), n-shownPrimaries)
	}
	return "one of its primaries " + list(edit.Primaries)
}

// otherProcedure reports whether the group has a procedure or service that is no add-on itself, drugs and supplies left aside.
func (a *addOnRun) otherProcedure(ctx context.Context, l line, group int) (bool, error) {
	for _, p := range a.present(group) {
		if p.Code == l.Code || kindOf(p) == kindDrug || p.System == codes.HCPCS && strings.ContainsAny(p.Code[:1], "AELV") {
			continue
		}
		_, ok, _, err := a.addOn(ctx, p.Code, p.date.Day)
		if err != nil {
			return false, err
		}
		fee, has, _, err := a.fee(ctx, p.Code, p.date.Day)
		if err != nil {
			return false, err
		}
		if !ok && !(has && fee.GlobalDays == "ZZZ") {
			return true, nil
		}
	}
	return false, nil
}

func (a *addOnRun) say(l line, severity string, named []string, message, source string, data map[string]any) {
	key := fmt.Sprint(message, l.date)
	if a.said[key] {
		return
	}
	a.said[key] = true
	a.rule(ruling{rule: finding.AddOnWithoutPrimary, severity: severity, codes: named, message: message, source: source, data: data, date: l.date, medicare: true})
}

// addOnRules are the lines of the index that this family answers for.
func addOnRules() []Rule {
	return []Rule{
		{finding.AddOnWithoutPrimary, "An add-on code stands beside its primary procedure; names the primaries.", "NCCI Policy Manual, chapter I, section R; NCCI add-on code edits",
			"NCCI add-on code edits; Medicare fee schedule, global days ZZZ", "yes",
			"Whether the primary is on the claim when the message does not name it; the primaries that contractors settle (types 2 and 3)."},
	}
}
