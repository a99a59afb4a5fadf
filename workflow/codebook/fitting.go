package codebook

// FittingModifier is one or more modifiers that the fee schedule's indicators provide for a code. That a modifier fits says nothing of whether the
// record supports it.
type FittingModifier struct {
	Codes []string `json:"codes"`
	// When says what it stands for there, and what Medicare makes of it.
	When string `json:"when"`
	// Indicator is the column of the fee schedule that says so, with its value: "BILAT SURG 1".
	Indicator string `json:"indicator"`
	Release   string `json:"release"`
}

// fittingModifiers reads the payment indicators of all rows of a code as the relative value file's documentation explains them (RVU25D, attachment
// A). What an indicator refuses, or leaves to a rule of its own, is not listed: modifiers are facts of a code here, never a way around an edit.
func fittingModifiers(fees []Fee) []FittingModifier {
	if len(fees) == 0 {
		return nil
	}
	var list []FittingModifier
	whole := fees[0]
	add := func(indicator, when string, modifiers ...string) {
		list = append(list, FittingModifier{Codes: modifiers, When: when, Indicator: indicator, Release: whole.Release})
	}
	switch whole.Bilateral {
	case "1":
		add("BILAT SURG 1", "done on one side (RT, LT) or on both (50: one line, one unit, 150 percent)", "50", "RT", "LT")
	case "3":
		add("BILAT SURG 3", "done on one side (RT, LT) or on both (50, or a line for each side), each side paid in full", "50", "RT", "LT")
	}
	rows := make(map[string]Fee, len(fees))
	for _, f := range fees {
		rows[f.Modifier] = f
	}
	switch {
	case whole.PCTC == "1":
		add("PCTC IND 1", "the physician's part (26) and the technical part (TC) may be billed apart", "26", "TC")
	case rows["26"].PCTC == "6": // stands only in the row of 26
		add("PCTC IND 6", "a physician's interpretation of the laboratory test", "26")
	}
	if _, ok := rows["53"]; ok {
		add("MOD 53", "stopped before it was complete, paid at an amount of its own", "53")
	}
	switch whole.Assistant {
	case "0":
		add("ASST SURG 0", "an assistant at surgery, paid only when the record shows the need", "80", "82", "AS")
	case "2":
		add("ASST SURG 2", "an assistant at surgery may be paid", "80", "82", "AS")
	}
	switch whole.CoSurgeons {
	case "1":
		add("CO-SURG 1", "two surgeons, each for a part, when the record shows the need", "62")
	case "2":
		add("CO-SURG 2", "two surgeons of different specialties, each for a part", "62")
	}
	switch whole.Team {
	case "1":
		add("TEAM SURG 1", "a team of surgeons, when the record shows the need; by report", "66")
	case "2":
		add("TEAM SURG 2", "a team of surgeons; by report", "66")
	}
	if whole.GlobalDays == "090" || whole.GlobalDays == "010" {
		indicator := "GLOB DAYS " + whole.GlobalDays
		if whole.Intra != 0 && whole.Post != 0 {
			add(indicator, "the operation (54) and the care after it (55) given by different practices", "54", "55")
		}
		add(indicator, "on a later procedure within its global days: planned or more extensive (58), an unplanned return for a complication (78), unrelated (79)", "58", "78", "79")
	}
	return list
}
