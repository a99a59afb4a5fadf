package codes

// Candidate is a place that was weighed, with the signs for and against it.
type Candidate struct {
	Mention
	Accepted bool     `json:"accepted"`
	Weight   int      `json:"weight"`  // accepted from 3 on, or by its label
	For      []string `json:"for"`     // signs for it
	Against  []string `json:"against"` // signs against it
}

// Explain runs the very rules of [Find] and returns every candidate, the
// rejected ones too, each with its reasons in words.
func Explain(text string, opts Options) []Candidate {
	var s scanner
	s.text, s.known = text, opts.Known
	s.scan()
	s.resolve()
	out := make([]Candidate, 0, len(s.cands))
	for i := range s.cands {
		c := &s.cands[i]
		e := Candidate{Mention: c.mention(text), Accepted: c.ok(), Weight: c.signs.weight()}
		for k := range signText {
			if c.signs&(1<<k) == 0 {
				continue
			}
			if signText[k].weight < 0 {
				e.Against = append(e.Against, signText[k].text)
			} else {
				e.For = append(e.For, signText[k].text)
			}
		}
		out = append(out, e)
	}
	return out
}
