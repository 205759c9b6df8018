package acme

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

type zone struct {
	name, label string
	offset      int // seconds east of UTC in winter
}

const hour = 3600

func zones() []zone {
	return []zone{
		{"Europe/Lisbon", "Western European Time", 0},
		{"Europe/Berlin", "Central European Time", hour},
		{"America/New_York", "Eastern Standard Time", -5 * hour},
		{"America/Los_Angeles", "Pacific Standard Time", -8 * hour},
		{"Europe/London", "Greenwich Mean Time", 0},
		{"Asia/Tokyo", "Japan Standard Time", 9 * hour},
		{"Asia/Kolkata", "India Standard Time", 5*hour + hour/2},
		{"Asia/Kathmandu", "Nepal Time", 5*hour + 3*hour/4},
		{"America/Sao_Paulo", "Brasilia Standard Time", -3 * hour},
		{"America/Mexico_City", "Central Standard Time", -6 * hour},
		{"Africa/Lagos", "West Africa Standard Time", hour},
		{"Africa/Nairobi", "East Africa Time", 3 * hour},
		{"Africa/Cairo", "Eastern European Time", 2 * hour},
		{"Asia/Jerusalem", "Israel Standard Time", 2 * hour},
		{"Asia/Shanghai", "China Standard Time", 8 * hour},
		{"Asia/Seoul", "Korea Standard Time", 9 * hour},
		{"Asia/Bangkok", "Indochina Time", 7 * hour},
		{"Asia/Ho_Chi_Minh", "Indochina Time", 7 * hour},
		{"Europe/Warsaw", "Central European Time", hour},
		{"Europe/Istanbul", "Turkey Time", 3 * hour},
		{"Europe/Kyiv", "Eastern European Time", 2 * hour},
		{"Europe/Athens", "Eastern European Time", 2 * hour},
		{"Australia/Sydney", "Australian Eastern Time", 10 * hour},
		{"Australia/Adelaide", "Australian Central Time", 9*hour + hour/2},
		{"Pacific/Auckland", "New Zealand Time", 12 * hour},
		{"America/St_Johns", "Newfoundland Standard Time", -3*hour - hour/2},
	}
}

func zonesNamed(names ...string) []zone {
	var found []zone
	for _, z := range zones() {
		for _, n := range names {
			if z.name == n {
				found = append(found, z)
			}
		}
	}
	return found
}

// region is a stock of names used together. A name not in Latin script is followed by "|" and its Latin spelling.
type region struct {
	given, family []string
	familyFirst   bool // written family name first and without a space
	zones         []zone
}

func words(s string) []string { return strings.Fields(s) }

func regions() []region {
	return []region{
		{
			given:  words("João Maria Tiago Beatriz Inês Rui Catarina Duarte Mafalda Gonçalo Leonor Vasco"),
			family: words("Silva Santos Ferreira Costa Gonçalves Conceição Magalhães Simões Brandão Falcão"),
			zones:  zonesNamed("Europe/Lisbon", "America/Sao_Paulo"),
		},
		{
			given:  words("Lucía Mateo Sofía Álvaro Ximena Íñigo Camila Joaquín Guadalupe Andrés Pilar Óscar"),
			family: words("García Muñoz Rodríguez Peña Ibáñez Fernández Núñez Gutiérrez Domínguez Ávila"),
			zones:  zonesNamed("America/Mexico_City", "Europe/Berlin"),
		},
		{
			given:  words("Emma Liam Olivia Noah Charlotte James Amelia Henry Grace Oliver Ruby Jack"),
			family: words("Smith Johnson Brown O'Neill Taylor MacDonald Wilson Campbell Fitzgerald Clarke"),
			zones:  zonesNamed("America/New_York", "America/Los_Angeles", "Europe/London", "Australia/Sydney", "Pacific/Auckland", "America/St_Johns", "Australia/Adelaide"),
		},
		{
			given:  words("Jürgen Käthe Sören Bärbel Günther Anneliese Björn Åsa Øyvind Maëlle Chloé Noël"),
			family: words("Müller Schröder Weiß Köhler Jørgensen Lindström Åkesson Dubois Lefèvre Böhm"),
			zones:  zonesNamed("Europe/Berlin"),
		},
		{
			given:  words("Zofia Łukasz Małgorzata Jiří Šárka Tomáš Żaneta Ondřej Władysław Květa Đorđe Ștefan"),
			family: words("Wiśniewski Kowalczyk Dvořák Němcová Zieliński Grześkowiak Horváth Đorđević Ionescu"),
			zones:  zonesNamed("Europe/Warsaw"),
		},
		{
			given:  words("Олена|olena Тарас|taras Ганна|hanna Богдан|bohdan Наталія|nataliia Мирослав|myroslav"),
			family: words("Шевченко|shevchenko Коваленко|kovalenko Бондар|bondar Ткачук|tkachuk Гнатюк|hnatiuk"),
			zones:  zonesNamed("Europe/Kyiv"),
		},
		{
			given:  words("Ελένη|eleni Γιώργος|giorgos Αθηνά|athina Νίκος|nikos Δήμητρα|dimitra"),
			family: words("Παπαδοπούλου|papadopoulou Οικονόμου|oikonomou Γεωργίου|georgiou Βλάχος|vlachos"),
			zones:  zonesNamed("Europe/Athens"),
		},
		{
			given:  words("Ayşe Çağla Gökhan İlker Şebnem Özgür Yağmur Uğur"),
			family: words("Yılmaz Çelik Öztürk Şahin Güneş Doğan Kılıç"),
			zones:  zonesNamed("Europe/Istanbul"),
		},
		{
			given:  words("ليلى|layla يوسف|youssef مريم|mariam عمر|omar نور|nour كريم|karim"),
			family: words("حسن|hassan المصري|elmasry النجار|elnaggar الخطيب|elkhatib سليمان|soliman"),
			zones:  zonesNamed("Africa/Cairo"),
		},
		{
			given:  words("יעל|yael איתן|eitan תמר|tamar אורי|uri שירה|shira"),
			family: words("כהן|cohen לוי|levi מזרחי|mizrahi פרץ|peretz פרידמן|friedman"),
			zones:  zonesNamed("Asia/Jerusalem"),
		},
		{
			given:  words("Chinedu Ngozi Olúwaseun Adaeze Ifẹ́ Kofi Ama Wanjiru Otieno Amina Tendai Thandiwe"),
			family: words("Okonkwo Adéyẹmí Nwosu Balogun Mensah Kamau Odhiambo Mwangi Ndlovu Abubakar"),
			zones:  zonesNamed("Africa/Lagos", "Africa/Nairobi"),
		},
		{
			given:  words("Aarav Priya Rohan Ananya Vikram Lakshmi Sanjay Meera प्रिया|priya अर्जुन|arjun Farhan Zara"),
			family: words("Sharma Iyer Patel Subramaniam Chatterjee Reddy Khan शर्मा|sharma वर्मा|varma Nair"),
			zones:  zonesNamed("Asia/Kolkata", "Asia/Kathmandu"),
		},
		{
			given:       words("伟|wei 芳|fang 娜|na 秀英|xiuying 敏|min 静|jing 强|qiang 子轩|zixuan"),
			family:      words("王|wang 李|li 张|zhang 刘|liu 陈|chen 欧阳|ouyang 赵|zhao"),
			familyFirst: true,
			zones:       zonesNamed("Asia/Shanghai"),
		},
		{
			given:       words("翔太|shota さくら|sakura 健一|kenichi 美咲|misaki 大輔|daisuke 結衣|yui"),
			family:      words("佐藤|sato 鈴木|suzuki 高橋|takahashi 田中|tanaka 渡辺|watanabe 長谷川|hasegawa"),
			familyFirst: true,
			zones:       zonesNamed("Asia/Tokyo"),
		},
		{
			given:       words("서연|seoyeon 지훈|jihoon 민서|minseo 하은|haeun 도윤|doyun"),
			family:      words("김|kim 이|lee 박|park 최|choi 정|jung 강|kang"),
			familyFirst: true,
			zones:       zonesNamed("Asia/Seoul"),
		},
		{
			given:  words("Nguyệt Dũng Phương Hạnh Tuấn Thảo Đức Linh"),
			family: words("Nguyễn Trần Phạm Huỳnh Đặng Bùi Vũ"),
			zones:  zonesNamed("Asia/Ho_Chi_Minh"),
		},
		{
			given:  words("สุดา|suda ประเสริฐ|prasert มาลี|malee วิชัย|wichai"),
			family: words("แก้วมณี|kaewmanee ศรีสุข|srisuk ทองดี|thongdee"),
			zones:  zonesNamed("Asia/Bangkok"),
		},
	}
}

func titles() []string {
	return []string{
		"Software Engineer", "Product Manager", "Account Executive", "Data Analyst", "Customer Support", "Office Manager",
		"Designer", "Finance Partner", "Site Reliability Engineer", "Marketing Specialist", "Legal Counsel", "Warehouse Lead",
		"QA Engineer", "Field Technician", "Translator", "Chief of Staff",
	}
}

// latin splits "name|latin" and, where the Latin spelling is not given, folds the name to the letters an e-mail address
// may have.
func latin(name string) (display, folded string) {
	display, folded, given := strings.Cut(name, "|")
	if given {
		return display, folded
	}
	undecomposable := strings.NewReplacer("ł", "l", "ø", "o", "đ", "d", "ß", "ss", "ı", "i", "æ", "ae")
	lower := undecomposable.Replace(strings.ToLower(display))
	folded = strings.Map(func(r rune) rune {
		if r < unicode.MaxASCII && unicode.IsLetter(r) {
			return r
		}
		return -1
	}, norm.NFD.String(lower))
	return display, folded
}
