package codes

import "slices"

// Candidate is a place that was weighed, with the signs for and against it.
type Candidate struct {
	Mention
	Accepted bool     `json:"accepted"`
	Weight   int      `json:"weight"`  // accepted from 3 on, or by its label
	For      []string `json:"for"`     // signs for it
	Against  []string `json:"against"` // signs against it
}

// segmentWeight is the weight of what a segment of an electronic claim says: as
// much as a label's.
const segmentWeight = 30

// Explain runs the very rules of [Find] and returns every candidate, the
// rejected ones too, each with its reasons in words.
func Explain(text string, opts Options) (out []Candidate) {
	var s scanner
	s.text, s.known = text, opts.Known
	s.cands.keep = true
	if x := readX12(text); x != nil {
		s.text, s.coding = x.blank(text), true
		for _, m := range x.mentions {
			out = append(out, Candidate{Mention: m, Accepted: true, Weight: segmentWeight, For: []string{"stands in a segment of an electronic claim"}})
		}
		defer func() { slices.SortStableFunc(out, func(a, b Candidate) int { return a.Start - b.Start }) }()
	}
	s.scan()
	s.resolve()
	dropped := s.cands.dropped
	for i := range s.cands.n {
		c := s.cands.at(i)
		for len(dropped) > 0 && dropped[0].start < c.start {
			out = append(out, dropped[0].explain(text))
			dropped = dropped[1:]
		}
		out = append(out, c.explain(text))
	}
	for i := range dropped {
		out = append(out, dropped[i].explain(text))
	}
	return out
}

func (c *candidate) explain(text string) Candidate {
	e := Candidate{Mention: c.mention(text), Accepted: c.ok(), Weight: c.signs.weight()}
	for k := range signText {
		switch {
		case c.signs&(1<<k) == 0:
		case signText[k].weight < 0:
			e.Against = append(e.Against, signText[k].text)
		default:
			e.For = append(e.For, signText[k].text)
		}
	}
	return e
}
