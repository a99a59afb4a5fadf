package codes

import (
	"slices"
	"strings"
	"time"
)

// Read reads all texts of a message together: the mentions with the group and
// role that the sentences give them, and what stands around them. received is
// the day on which the message came; dates without a year are read against it.
//
// What is quoted counts only when the caller passes it: a forward is part of
// the question, a reply's history is not. A subject takes part like any text.
func Read(sources []Source, received time.Time, opts Options) Reading {
	r := Reading{Payer: "unknown", Intent: "none", Kind: "none"}
	var all []Mention
	var own, whole strings.Builder
	var ownMentions []Mention // of the reply alone, at its own offsets
	attached := false
	used := 1
	named := map[string]bool{}
	filed := "" // the payer class of an electronic claim
	for _, src := range sources {
		ms, links, text, x := find(src.Text, opts)
		days := dates(text, received)
		first := 1
		if src.Attachment != "" && len(all) > 0 {
			first = used
		}
		refs := slices.DeleteFunc(references(text), func(r Reference) bool {
			// a diagnosis such as N36.2 has the shape of a remark code
			i, hit := slices.BinarySearchFunc(ms, r.Start, func(m Mention, at int) int { return m.Start - at })
			return r.Kind == "rarc" && (hit || i > 0 && ms[i-1].End > r.Start)
		})
		last := assign(text, ms, links, refs, days, received.Year(), first)
		for i := range days {
			days[i].Group = groupAt(ms, days[i].Start)
		}
		if x != nil {
			last = max(last, x.join(ms, first))
			ms, days = merged(ms, x.mentions), append(days, x.dates...)
			refs = append(refs, x.references...)
			if filed == "" {
				filed = x.payer
			}
		}
		used = max(used, last)
		for i := range ms {
			ms[i].Source, ms[i].Attachment = src.Source, src.Attachment
		}
		all = append(all, ms...)
		for group, order := range diagnosisOrder(src.Text, ms) {
			if r.DiagnosisOrder == nil {
				r.DiagnosisOrder = map[int][]string{}
			}
			if _, ok := r.DiagnosisOrder[group]; !ok {
				r.DiagnosisOrder[group] = order
			}
		}
		for _, ref := range refs {
			ref.Source = src.Source
			if k := ref.Kind + " " + ref.Value; !named[k] {
				named[k] = true
				r.References = append(r.References, ref)
			}
		}
		for _, d := range days {
			d.Source = src.Source
			if r.DateOfService == "" && d.Kind == "dos" && d.Basis == "stated" {
				r.DateOfService = d.Date
			}
			r.Dates = append(r.Dates, d.DateMention)
		}
		for _, amount := range stated(text, ms) {
			amount.Source = src.Source
			r.Stated = append(r.Stated, amount)
		}
		small := smalled(text)
		whole.WriteString(small)
		whole.WriteString("\n\n")
		if src.Attachment != "" {
			attached = true
		}
		if src.Source == "reply" || src.Source == "subject" && own.Len() == 0 && len(sources) == 1 {
			own.WriteString(small)
			ownMentions = ms
		}
	}
	r.Occurrences = all
	r.Mentions = dedupe(all, false)
	text := whole.String()
	if r.Payer = payerOf(text); r.Payer == "unknown" && filed != "" {
		r.Payer = filed
	}
	at := situated(text[:min(len(text), 1<<16)], r.Mentions, r.References)
	r.Setting, r.Place, r.Age, r.Sex = at.setting, at.place, at.age, at.sex
	r.Topics = topicsOf(text, r.Mentions, r.References)
	switch {
	case strings.TrimSpace(own.String()) != "":
		r.Intent = intentOf(own.String(), ownMentions)
		if r.Intent == "thanks" && (attached || slices.ContainsFunc(all, func(m Mention) bool { return m.Source == "quoted" })) {
			r.Intent = "question"
		}
	case len(all) > 0 || strings.TrimSpace(text) != "":
		r.Intent = intentOf(text, nil)
		if r.Intent == "none" && len(all) > 0 {
			r.Intent = "question"
		}
	}
	r.Kind = kindOf(text, r.Mentions, r.References, used, attached, r.Intent)
	if r.Intent == "thanks" {
		r.Topics = nil
	}
	return r
}

// groupAt is the group of the mention nearest to a place.
func groupAt(ms []Mention, at int) int {
	i, _ := slices.BinarySearchFunc(ms, at, func(m Mention, at int) int { return m.Start - at })
	switch {
	case len(ms) == 0:
		return 1
	case i == len(ms) || i > 0 && at-ms[i-1].Start <= ms[i].Start-at:
		return ms[i-1].Group
	}
	return ms[i].Group
}

// find is Find of what people wrote, with how each mention hangs on the one
// before it, and the text without its electronic claims, which are x.
func find(text string, opts Options) (ms []Mention, links []link, rest string, x *x12Reading) {
	var s scanner
	s.text, s.known = text, opts.Known
	if x = readX12(text); x != nil {
		s.text, s.coding = x.blank(text), true
	}
	s.scan()
	s.resolve()
	ms = mentions(&s.cands, text)
	links = make([]link, 0, len(ms))
	gone := false
	for i := range s.cands.n {
		if c := s.cands.at(i); c.ok() {
			l := c.link
			if gone {
				l = linkNone
			}
			links = append(links, l)
			gone = false
		} else {
			gone = true
		}
	}
	return ms, links, s.text, x
}

// merged brings two lists of mentions, each in order, into one.
func merged(a, b []Mention) []Mention {
	out := append(slices.Clip(a), b...)
	slices.SortStableFunc(out, func(x, y Mention) int { return x.Start - y.Start })
	return out
}

// weightier says whether a later role of the same code in the same group says
// more than an earlier one: what was billed may turn out to be denied or in
// doubt, and a mere topic to be billed.
func weightier(later, earlier Role) bool {
	switch earlier {
	case RoleBilled:
		return later == RoleDenied || later == RoleAlternative || later == RoleReplaced
	case RoleReference:
		return later != RoleHistory
	}
	return false
}

// InGroups are the mentions as checks need them: a code that several
// encounters have is in each of their groups, while Mentions name it once.
func (r *Reading) InGroups() []Mention {
	if r.Occurrences == nil {
		return r.Mentions
	}
	return dedupe(r.Occurrences, true)
}

// dedupe keeps the first of mentions that name the same code with the same
// modifiers, units and range: of the whole text, or of each group.
func dedupe(all []Mention, inGroups bool) []Mention {
	type key struct {
		system          System
		code, end, mods string
		units, group    int
	}
	seen := make(map[key]int, len(all))
	var out []Mention
	for _, m := range all {
		mods := slices.Clone(m.Modifiers)
		slices.Sort(mods)
		k := key{m.System, m.Code, m.RangeEnd, strings.Join(mods, ","), m.Units, 0}
		if inGroups {
			k.group = m.Group
		}
		if at, ok := seen[k]; !ok {
			seen[k] = len(out)
			out = append(out, m)
		} else if first := &out[at]; first.Group == m.Group && weightier(m.Role, first.Role) {
			first.Role = m.Role
		}
	}
	return out
}
