package checks

import (
	"fmt"
	"slices"

	"caseconsultant/workflow/finding"
)

// What a PC/TC indicator stands for where the code may not be split, in our words after the file's documentation.
var unsplit = map[string]string{
	"0": "a practitioner's service that has no parts",
	"2": "the code is the professional part alone",
	"3": "the code is the technical part alone",
	"4": "the code is the whole test, whose parts have codes of their own",
	"5": "a service of staff, incident to a practitioner's",
	"6": "a laboratory test, of which a physician may report the interpretation (26) and nothing else",
	"7": "a therapist's service, which has no parts",
	"8": "a physician's interpretation of a laboratory test, which has no technical part here",
	"9": "parts do not apply to it",
}

// facilityPlaces are the places of service whose owner bills the technical part: outpatient hospital (19, 22), inpatient (21), emergency
// (23), surgical center (24).
var facilityPlaces = []string{"19", "21", "22", "23", "24"}

// components judges 26 and TC by the PC/TC indicator. The indicator 6 stands only in the rows of 26, while the bare rows of these codes say 9: all
// rows are looked at before 26 is refused.
func (s *scheduleRun) components(l scheduled) {
	value := l.whole().PCTC
	reads, splits := value == "1", value == "1"
	for _, f := range l.rows {
		if f.Modifier == "26" && (f.PCTC == "1" || f.PCTC == "6") {
			reads = true
			if f.PCTC == "6" {
				value = "6"
			}
		}
	}
	data := l.indicator("PCTC IND", value)
	switch {
	case l.has("26") && l.has("TC"):
		s.says(finding.ProfessionalTechnical, finding.Error, l, data, "26 and TC on one line of %s contradict each other: who does both parts reports the code without either.", l.Code)
	case l.has("26") && !reads:
		s.says(finding.ProfessionalTechnical, finding.Error, l, data, "26 does not fit %s: PC/TC indicator %s, %s.", l.Code, value, unsplit[value])
	case l.has("TC") && !splits:
		s.says(finding.ProfessionalTechnical, finding.Error, l, data, "TC does not fit %s: PC/TC indicator %s, %s.", l.Code, value, unsplit[value])
	case !slices.Contains(facilityPlaces, s.Place) || !splits:
	case l.has("TC"):
		data["place"] = s.Place
		s.says(finding.ProfessionalTechnical, finding.Warning, l, data, "In place of service %s the facility bills the technical part of %s: TC is not a practitioner's line there.", s.Place, l.Code)
	case !l.has("26"):
		data["place"] = s.Place
		s.says(finding.ProfessionalTechnical, finding.Warning, l, data, "In place of service %s a practitioner reports %s with 26: PC/TC indicator 1, and the facility bills the technical part.", s.Place, l.Code)
	}
}

// officePlaces are paid at the office amount and are meant by the NA indicator of the non-facility columns. Homes and the like are left out:
// what is rarely done in an office may well be asked about there.
var officePlaces = []string{"11", "17", "20", "49", "71", "72"}

// place judges the stated place of service by the NA indicators and by what is not paid to a practitioner in a facility.
func (s *scheduleRun) place(l scheduled) {
	w := l.whole()
	if !slices.Contains([]string{"A", "R", "T", "C"}, w.Status) || l.has("26", "TC") {
		return
	}
	data := l.indicator("NA INDICATOR", "NA")
	data["place"] = s.Place
	switch {
	case slices.Contains(officePlaces, s.Place) && l.fee.NAOffice:
		s.says(finding.PlaceOfService, finding.Warning, l, data, "%s is rarely or never done in place of service %s: the fee schedule has no office amount for it.", l.Code, placeWords(s.Place))
	case slices.Contains(facilityPlaces, s.Place) && w.PCTC == "5":
		data["column"], data["indicator"] = "PCTC IND", "5"
		s.says(finding.PlaceOfService, finding.Warning, l, data, "%s is a service of staff (PC/TC indicator 5): in place of service %s the facility's payment includes it, and Medicare pays the practitioner nothing.", l.Code, placeWords(s.Place))
	case slices.Contains(facilityPlaces, s.Place) && (w.PCTC == "3" || w.PCTC == "4"):
		data["column"], data["indicator"] = "PCTC IND", w.PCTC
		part := "is a technical part"
		if w.PCTC == "4" {
			part = "contains a technical part"
		}
		s.says(finding.PlaceOfService, finding.Warning, l, data, "%s %s (PC/TC indicator %s), which in place of service %s is the facility's: a practitioner reports only the code of the professional part there.", l.Code, part, w.PCTC, placeWords(s.Place))
	case slices.Contains(facilityPlaces, s.Place) && l.fee.NAFacility && w.PCTC != "1" && w.PCTC != "7":
		s.says(finding.PlaceOfService, finding.Warning, l, data, "The fee schedule has no facility amount for %s, and the place of service is %s.", l.Code, placeWords(s.Place))
	}
}

func placeWords(place string) string {
	words := map[string]string{"11": "an office", "17": "a walk-in clinic", "20": "urgent care", "49": "an independent clinic", "71": "a public health clinic", "72": "a rural health clinic",
		"19": "an off-campus outpatient hospital", "21": "an inpatient hospital", "22": "an on-campus outpatient hospital", "23": "an emergency room", "24": "a surgical center"}[place]
	return fmt.Sprintf("%s (%s)", place, words)
}
