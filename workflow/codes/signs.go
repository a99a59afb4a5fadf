package codes

import "math/bits"

// sign is a set of reasons for and against a candidate. They are bits, so that
// the scanner spends no string on them; Explain turns them into words.
type sign uint64

const (
	sLabel     sign = 1 << iota // "CPT 31297": an explicit label governs it; never overruled
	sChain                      // continues a labelled list
	sColumn                     // stands in a table column of codes
	sCodeWord                   // "code 31297"
	sProcWord                   // "procedure 31297"
	sModifier                   // carries a modifier
	sUnits                      // carries units
	sRange                      // is the start of a range
	sShape                      // its shape says what it is
	sWeakShape                  // its shape says little
	sBilling                    // the sentence speaks of coding or billing
	sAsk                        // the sentence asks
	sClinical                   // the sentence names a service
	sAloneLine                  // fills its line
	sWhole                      // fills the whole text
	sInUse                      // the room around it is in use
	sKnown                      // the codebook has it
	sList                       // listed with an accepted code
	sOthers                     // the text has other codes
	sPair                       // listed with another number that is left open
	sStart                      // begins the text
	sOnly                       // the only candidate of a text about claims
	sRepaired                   // letters O, I, l read as digits
	nForeign                    // labelled as of another system (ICD-9, LOINC)
	nID                         // named as an identifier
	nIDWeak                     // follows a noun that often has a number
	nZip                        // ZIP code
	nMoney                      // money
	nEmbedded                   // part of a longer number or name
	nMeasure                    // has a unit of measure
	nCount                      // counts things
	nStreet                     // house number
	nURL                        // part of an address or file name
	nRoughly                    // an amount ("about 12000")
	nUnused                     // no code lies near it
	nNotKnown                   // the codebook holds the whole system without it
	nSpine                      // vertebra or level
	nRemark                     // reason or remark code
	nVersion                    // version of a model or file
	nTime                       // date or time
	nContext                    // gene, laboratory, road: the sentence is about something else
	nRound                      // a round thousand
	nBad                        // listed with a rejected number
	nLower                      // small letters where codes are written large
	nTall                       // too short to be sure
	nYear                       // a letter and a year
	sVisit                      // lies among the visit codes
	sUsed                       // follows "for", "on", "about"
	signCount  = iota
)

// signText says a sign to a person, with its weight in the decision.
var signText = [signCount]struct {
	weight int
	text   string
}{
	{30, "an explicit label"},
	{25, "continues a labelled list"},
	{20, "stands in a column of codes"},
	{6, "follows the word code"},
	{4, "follows the word procedure"},
	{4, "carries a modifier"},
	{3, "carries units"},
	{3, "begins a range"},
	{5, "has the shape of a code"},
	{2, "could have the shape of a code"},
	{3, "the sentence is about coding or billing"},
	{2, "the sentence asks"},
	{2, "the sentence names a service"},
	{2, "fills its line"},
	{8, "is the whole text"},
	{2, "lies where codes are in use"},
	{4, "is in the codebook"},
	{4, "is listed with a code"},
	{2, "the text has other codes or speaks of coding"},
	{2, "is listed with another that could be a code"},
	{1, "begins the text"},
	{7, "is the only candidate in a text about claims"},
	{0, "letters were read as digits"},
	{-60, "is labelled as of another system"},
	{-20, "is named as an identifier"},
	{-7, "follows a noun that often has a number"},
	{-20, "reads as a ZIP code"},
	{-20, "reads as money"},
	{-20, "is part of something longer"},
	{-20, "has a unit of measure"},
	{-20, "counts things"},
	{-20, "reads as a house number"},
	{-20, "is part of a web address or file name"},
	{-4, "reads as an amount"},
	{-5, "lies where no codes are in use"},
	{-6, "is not in the codebook, which holds the system whole"},
	{-20, "reads as a vertebra or level"},
	{-20, "reads as a reason or remark code"},
	{-20, "reads as a version"},
	{-20, "reads as a date or time"},
	{-5, "the sentence is about something else"},
	{-4, "is a round number"},
	{-4, "is listed with a number that is no code"},
	{-1, "is written small"},
	{-2, "is very short"},
	{-3, "reads as a year"},
	{1, "lies among the codes of visits"},
	{1, "follows for, on, about or with"},
}

// threshold is the least weight of an accepted candidate.
const threshold = 3

// hard are the signs that no neighbour can outweigh, only a label.
const hard = nForeign | nID | nZip | nMoney | nEmbedded | nMeasure | nCount | nStreet | nURL | nSpine | nRemark | nVersion | nTime

// settled are the signs that say what a number is, so that the codebook, which
// decides only what a text leaves open, has nothing to decide.
const settled = hard | nIDWeak | nRoughly | nContext | nBad

func (s sign) weight() int {
	w := 0
	for ; s != 0; s &= s - 1 {
		w += signText[bits.TrailingZeros64(uint64(s))].weight
	}
	return w
}

// accepted applies the signs. A label is never overruled, but a label of
// another system is a label too.
func (s sign) accepted() bool {
	if s&nForeign != 0 {
		return false
	}
	if s&sLabel != 0 {
		return true
	}
	return s.weight() >= threshold
}
