package codebook

// marks are the numbers of stems that change what a title says: those after which the opposite is meant, and those that put a code aside for
// a case of its own (a history, a screening, a newborn), where nobody means it who does not say so.
type marks struct {
	negation    map[int32]bool
	aside       map[int32]float64
	unspecified int32
}

// negating words of titles and of questions: "without complications", "not intractable", "no known injury".
func negating(word string) bool {
	return word == "without" || word == "not" || word == "no" || word == "non"
}

// asideFactors say how much less a code with such a word is meant by whoever did not type it.
func asideFactors() map[string]float64 {
	return map[string]float64{
		"sequela": 0.8, "sequelae": 0.8, "subsequent": 0.85, "history": 0.8, "family": 0.85, "screening": 0.78, "anesthesia": 0.78, "exposure": 0.85,
		"status": 0.9, "presence": 0.9, "absence": 0.9, "newborn": 0.82, "neonatal": 0.82, "fetus": 0.85, "fetal": 0.85, "maternal": 0.85, "congenital": 0.88,
		"pregnancy": 0.82, "childbirth": 0.82, "puerperium": 0.82, "complicating": 0.82, "postprocedural": 0.85, "intraoperative": 0.82, "juvenile": 0.88,
		"pathological": 0.85, "stress": 0.9, "poisoning": 0.85, "adverse": 0.8, "underdosing": 0.75, "tuberculous": 0.82, "syphilitic": 0.8,
		"gonococcal": 0.82, "leprosy": 0.8, "herpetic": 0.85, "herpesviral": 0.88, "quality": 0.8, "documentation": 0.78, "documented": 0.78,
		"examination": 0.92, "counseling": 0.9, "military": 0.75, "war": 0.75, "terrorism": 0.7, "spacecraft": 0.7, "watercraft": 0.85,
		"deleted": 0.7, "ended": 0.85, "premature": 0.9, "recurrent": 0.93, "intractable": 0.95,
		"rehabilitation": 0.93, "veterinary": 0.6, "measure": 0.85, "administration": 0.95, "unlisted": 0.9, "secondary": 0.93, "nonunion": 0.8, "malunion": 0.8,
		"delayed": 0.85, "open": 0.93, "torus": 0.9, "greenstick": 0.9, "traumatic": 0.93, "assault": 0.85, "undetermined": 0.85, "intentional": 0.85, "male": 0.93,
	}
}

func (l *lexicon) readMarks() marks {
	m := marks{negation: map[int32]bool{}, aside: map[int32]float64{}, unspecified: l.exact(stem("unspecified")).first}
	for _, w := range [...]string{"without", "not", "no"} {
		if s := l.exact(stem(w)); s.first != s.end {
			m.negation[s.first] = true
		}
	}
	for w, factor := range asideFactors() {
		for _, t := range tokens(w) {
			if s := l.exact(t); s.first != s.end && factor < 1 {
				m.aside[s.first] = factor
			}
		}
	}
	return m
}
