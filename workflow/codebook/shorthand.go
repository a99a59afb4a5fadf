package codebook

import "strings"

// shorthand writes out the marks that clinicians put between words, before the query is cut into words.
func shorthand(query string) string {
	if !strings.ContainsAny(query, "/+") {
		return query
	}
	low := " " + strings.ToLower(query) + " "
	for _, s := range [...][2]string{
		{" w/o ", " without "}, {" w/out ", " without "}, {" w/ ", " with "}, {" w/", " with "}, {" s/p ", " status post "}, {" h/o ", " history of "},
		{" f/u ", " follow up "}, {" r/o ", " "}, {" c/o ", " "}, {" d/t ", " due to "}, {" 2/2 ", " due to "}, {" b/l ", " bilateral "}, {" +", " "},
	} {
		low = strings.ReplaceAll(low, s[0], s[1])
	}
	return strings.TrimPrefix(low[:len(low)-1], " ")
}

// spelled writes out abbreviated words that change what stands beside them, so that longer phrases are recognised ("hx of mi").
func spelled(words []string) []string {
	var out []string
	for _, w := range words {
		switch w {
		case "hx":
			out = append(out, "history")
		case "rt":
			out = append(out, "right")
		case "lt":
			out = append(out, "left")
		case "bilat":
			out = append(out, "bilateral")
		case "fx":
			out = append(out, "fracture")
		case "rle":
			out = append(out, "right", "leg")
		case "lle":
			out = append(out, "left", "leg")
		case "rue":
			out = append(out, "right", "arm")
		case "lue":
			out = append(out, "left", "arm")
		default:
			out = append(out, w)
		}
	}
	return out
}

// arabic writes Roman numbers after "type", "stage" and the like as the code sets do.
func arabic(words []string) []string {
	for i := 1; i < len(words); i++ {
		switch words[i-1] {
		case "type", "stage", "grade", "class", "dm", "diabetes", "ckd", "level":
			switch words[i] {
			case "i":
				words[i] = "1"
			case "ii":
				words[i] = "2"
			case "iii":
				words[i] = "3"
			case "iv":
				words[i] = "4"
			case "v":
				words[i] = "5"
			}
		}
	}
	return words
}
