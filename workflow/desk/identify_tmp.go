package desk

type identifier struct {
	Kind       string
	Start, End int
}

func findIdentifiers(string) []identifier { return nil }

func maskIdentifiers(s string) string { return s }
