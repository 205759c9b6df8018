package render

// emojiSymbol returns the symbol of a shortcode. It knows those apps use in messages, not all of Slack's 1,800.
func emojiSymbol(name string) (string, bool) {
	symbol, ok := map[string]string{
		"frame_with_picture": "🖼️", "white_check_mark": "✅", "heavy_check_mark": "✔️", "ballot_box_with_check": "☑️", "x": "❌", "negative_squared_cross_mark": "❎",
		"warning": "⚠️", "no_entry": "⛔", "no_entry_sign": "🚫", "octagonal_sign": "🛑", "information_source": "ℹ️",
		"bulb": "💡", "bell": "🔔", "no_bell": "🔕", "mega": "📣", "loudspeaker": "📢", "speech_balloon": "💬",
		"tada": "🎉", "confetti_ball": "🎊", "sparkles": "✨", "star": "⭐", "star2": "🌟", "rocket": "🚀", "fire": "🔥", "100": "💯",
		"wave": "👋", "+1": "👍", "thumbsup": "👍", "-1": "👎", "thumbsdown": "👎", "clap": "👏", "raised_hands": "🙌", "pray": "🙏",
		"point_right": "👉", "point_left": "👈", "point_up": "☝️", "point_down": "👇", "ok_hand": "👌", "muscle": "💪", "handshake": "🤝",
		"smile": "😄", "smiley": "😃", "grinning": "😀", "slightly_smiling_face": "🙂", "wink": "😉", "blush": "😊", "heart_eyes": "😍",
		"thinking_face": "🤔", "sweat_smile": "😅", "joy": "😂", "cry": "😢", "sob": "😭", "disappointed": "😞", "confused": "😕",
		"heart": "❤️", "blue_heart": "💙", "green_heart": "💚", "yellow_heart": "💛", "purple_heart": "💜", "broken_heart": "💔",
		"large_green_circle": "🟢", "large_yellow_circle": "🟡", "red_circle": "🔴", "large_blue_circle": "🔵", "white_circle": "⚪", "black_circle": "⚫",
		"large_green_square": "🟩", "large_red_square": "🟥", "arrow_right": "➡️", "arrow_left": "⬅️", "arrow_up": "⬆️", "arrow_down": "⬇️",
		"arrows_counterclockwise": "🔄", "repeat": "🔁", "back": "🔙", "new": "🆕", "id": "🆔",
		"lock": "🔒", "unlock": "🔓", "key": "🔑", "closed_lock_with_key": "🔐", "shield": "🛡️", "eyes": "👀", "eye": "👁️",
		"link": "🔗", "email": "📧", "envelope": "✉️", "envelope_with_arrow": "📩", "incoming_envelope": "📨", "inbox_tray": "📥", "outbox_tray": "📤",
		"calendar": "📆", "date": "📅", "spiral_calendar_pad": "🗓️", "clock1": "🕐", "alarm_clock": "⏰", "hourglass": "⌛", "hourglass_flowing_sand": "⏳", "stopwatch": "⏱️",
		"bar_chart": "📊", "chart_with_upwards_trend": "📈", "chart_with_downwards_trend": "📉", "clipboard": "📋", "memo": "📝", "pencil": "📝", "pencil2": "✏️",
		"page_facing_up": "📄", "file_folder": "📁", "open_file_folder": "📂", "paperclip": "📎", "pushpin": "📌", "bookmark": "🔖", "label": "🏷️",
		"mag": "🔍", "mag_right": "🔎", "gear": "⚙️", "wrench": "🔧", "hammer_and_wrench": "🛠️", "wastebasket": "🗑️", "scroll": "📜", "books": "📚",
		"busts_in_silhouette": "👥", "bust_in_silhouette": "👤", "office": "🏢", "briefcase": "💼", "necktie": "👔", "crown": "👑", "trophy": "🏆", "medal": "🏅",
		"globe_with_meridians": "🌐", "earth_africa": "🌍", "earth_americas": "🌎", "earth_asia": "🌏", "house": "🏠", "door": "🚪", "gift": "🎁", "seedling": "🌱",
		"robot_face": "🤖", "construction": "🚧", "rotating_light": "🚨", "sos": "🆘", "zap": "⚡", "boom": "💥", "dart": "🎯", "question": "❓", "exclamation": "❗",
		"bangbang": "‼️", "heavy_plus_sign": "➕", "heavy_minus_sign": "➖", "zzz": "💤", "no_mouth": "😶", "sunny": "☀️", "palm_tree": "🌴", "airplane": "✈️",
	}[name]
	return symbol, ok
}
