"""What people in the sample write: for each broad area of need, in the words of the field."""

from dataclasses import dataclass

FIRST_NAMES = (
    "Amara", "Ben", "Callum", "Daisy", "Elif", "Finn", "Grace", "Hassan", "Imogen", "Jonah",
    "Keira", "Leo", "Maya", "Noor", "Oscar", "Poppy", "Quinn", "Rosa", "Samir", "Tilly",
    "Umar", "Violet", "Wren", "Xander", "Yusuf", "Zara", "Aiden", "Bethan", "Cora", "Dylan",
)  # fmt: skip
SURNAMES = (
    "Alderbeck", "Brackenrow", "Cattermoor", "Dunnfield", "Elmstead-Fay", "Fennerby", "Garthwyn",
    "Hollowmere", "Inglethwaite", "Jessamore", "Kestrow", "Larkhollin", "Marrowdale", "Nettlewyn",
    "Oxmere", "Pennywhit", "Quarrendale", "Rushforthby", "Saltmarren", "Thistledown", "Umberleigh",
    "Vennacombe", "Withymoor", "Yarrowgate",
)  # fmt: skip


@dataclass(frozen=True)
class Need:
    """One way a need in one area shows, and what is done about it."""

    area: str
    primary: str
    presenting: str
    concern: str
    parent: str
    child: str
    staff: str
    outcome: str
    measure: str
    goal: str
    baseline: str
    target: str
    provision: str
    who: str
    times: int
    minutes: int
    group: int
    strategies: tuple[str, ...]
    evidence: str


NEEDS = (
    Need(
        area="communication_and_interaction",
        primary="SLCN",
        presenting="Finds it hard to follow spoken instructions",
        concern="Does not make the expected progress in speaking and listening: follows an "
        "instruction only when it is shown, and seldom starts a conversation.",
        parent="At home we say things twice and point. New places make it harder.",
        child="I like it when I can see what comes next.",
        staff="Watches the others first. Joins in more when a picture goes with the words.",
        outcome="To follow a two-part instruction in class without being shown",
        measure="Follows four of five two-part instructions in three observed lessons",
        goal="Follows one instruction with a picture beside it",
        baseline="One in five",
        target="Four in five",
        provision="Small group on listening and instructions, with symbols",
        who="Teaching assistant, planned with the speech and language therapist",
        times=3,
        minutes=20,
        group=4,
        strategies=(
            "Say the name first, then the instruction, one step at a time",
            "A strip of pictures for the steps of a task",
        ),
        evidence="Observed in class by the teacher with a tally sheet on three days.",
    ),
    Need(
        area="communication_and_interaction",
        primary="ASD",
        presenting="Finds change and busy places hard",
        concern="Is often overwhelmed when the day changes without warning and then cannot learn.",
        parent="A change of plan can spoil the day. A warning the evening before helps.",
        child="Too loud. I want to know before.",
        staff="Calm with a visual timetable; supply days and assemblies are the hard ones.",
        outcome="To move between activities calmly with a visual timetable",
        measure="No more than one distressed transition a week over a half term",
        goal="Uses the timetable to say what comes next",
        baseline="Six distressed transitions a week",
        target="One a week",
        provision="Check-in at the start of the day and before every change",
        who="Class teacher or key person",
        times=10,
        minutes=10,
        group=1,
        strategies=("A visual timetable on the desk", "A quiet place that is always there"),
        evidence="The transitions log kept by the key person over the half term.",
    ),
    Need(
        area="cognition_and_learning",
        primary="SPLD",
        presenting="Reading and spelling well behind speaking",
        concern="Reads well below what is expected while speaking and understanding well.",
        parent="Homework with reading ends in tears. Loves being read to.",
        child="The words move. I am good at explaining.",
        staff="Answers well out loud. Writes as little as possible.",
        outcome="To read a page of an age-appropriate text with understanding",
        measure="Reads 90 words of a levelled text with no more than five errors",
        goal="Reads the first hundred common words at sight",
        baseline="41 of 100",
        target="90 of 100",
        provision="Structured phonics programme",
        who="Teaching assistant trained in the programme",
        times=4,
        minutes=25,
        group=1,
        strategies=("Coloured paper and well-spaced text", "Answers may be spoken or recorded"),
        evidence="The programme's own check of words read, taken at the end of the cycle.",
    ),
    Need(
        area="cognition_and_learning",
        primary="MLD",
        presenting="Needs much more time and practice to learn something new",
        concern="Does not keep up with number work and forgets from one week to the next.",
        parent="Needs to do it with things, not on paper.",
        child="I can do it with cubes.",
        staff="Secure with apparatus to ten; loses it as soon as it goes onto paper.",
        outcome="To add and take away within 20 and explain how",
        measure="Solves eight of ten sums within 20 and explains two of them",
        goal="Adds within 10 with and without cubes",
        baseline="Three of ten",
        target="Eight of ten",
        provision="Pre-teaching of the week's number work with apparatus",
        who="Class teacher",
        times=2,
        minutes=30,
        group=3,
        strategies=("Apparatus for every number task", "Come back to last week's work first"),
        evidence="A short test at the end of the cycle, with cubes and without.",
    ),
    Need(
        area="social_emotional_and_mental_health",
        primary="SEMH",
        presenting="Worry that keeps from learning or from coming in",
        concern="Attendance has fallen and learning time is lost to worry about being wrong.",
        parent="Stomach aches on Sunday evenings. Fine on Saturdays.",
        child="I do not want to get it wrong in front of everybody.",
        staff="Never puts a hand up. Works well alone and leaves when called on.",
        outcome="To stay in lessons and to say when help is needed",
        measure="Attends 95% of lessons in a half term and uses the help card when stuck",
        goal="Uses the help card once a day",
        baseline="Leaves four lessons a week",
        target="None in a week",
        provision="Emotional literacy sessions",
        who="Emotional literacy support assistant",
        times=1,
        minutes=45,
        group=1,
        strategies=("Never called on without warning", "A help card that needs no words"),
        evidence="Attendance by lesson, and the weekly talk with the support assistant.",
    ),
    Need(
        area="sensory_and_physical",
        primary="PD",
        presenting="Handwriting and fine movements are slow and tiring",
        concern="Written work does not show what is known: writing is slow and hurts.",
        parent="Buttons and cutlery are hard too.",
        child="My hand hurts. Typing is better.",
        staff="Two lines by hand in the time the others write ten. Knows far more.",
        outcome="To record ideas as fast as thinking them, by hand or by keyboard",
        measure="Types 20 words a minute, or dictates, in all written subjects",
        goal="Touch-types the home row",
        baseline="7 words a minute",
        target="20 words a minute",
        provision="Touch-typing and hand strength",
        who="Teaching assistant, after the occupational therapist's programme",
        times=4,
        minutes=15,
        group=2,
        strategies=("A laptop in every lesson with writing", "A sloping desk and a pencil grip"),
        evidence="Words a minute from the typing program, and samples of work.",
    ),
    Need(
        area="sensory_and_physical",
        primary="HI",
        presenting="Hears less in noise; tires of listening",
        concern="Misses what is said in noisy lessons although the hearing aids are worn.",
        parent="By evening there is no listening left.",
        child="I hear you when you look at me.",
        staff="Good in a quiet room, lost in group work.",
        outcome="To take part in group work and hear what the others say",
        measure="Repeats the main point of a group talk in four of five lessons",
        goal="Uses the radio aid in every lesson",
        baseline="Two lessons a day",
        target="Every lesson",
        provision="Radio aid and a listening break after each hour",
        who="Every teacher; checked by the teacher of the deaf",
        times=5,
        minutes=15,
        group=1,
        strategies=("Face the class when speaking", "Repeat what others have said"),
        evidence="The radio aid's log and a check of understanding after group work.",
    ),
)

SERVICES: tuple[dict[str, object], ...] = (
    {
        "name": "Educational Psychology Service",
        "areas": ["communication_and_interaction", "cognition_and_learning",
                  "social_emotional_and_mental_health", "sensory_and_physical"],
        "phases": ["early_years", "school", "further_education"],
        "criteria": "Two or more cycles of assess, plan, do, review with the plan's reviews.",
        "response_target_days": 20,
        "intake": "open",
        "before_referral": "Ring the consultation line on Tuesday mornings first.",
        "opening": "Monday to Friday, 9am to 5pm",
    },
    {
        "name": "Specialist Teaching Service: learning",
        "areas": ["cognition_and_learning"],
        "phases": ["school"],
        "age_from": 5,
        "age_to": 16,
        "criteria": "Reading, spelling or number well below what is expected after support in "
        "school for two terms.",
        "response_target_days": 15,
        "intake": "open",
    },
    {
        "name": "Speech and Language Therapy",
        "areas": ["communication_and_interaction"],
        "phases": ["early_years", "school"],
        "age_to": 18,
        "criteria": "Speech, language or communication that keeps from learning or taking part.",
        "response_target_days": 30,
        "intake": "restricted",
        "intake_note": "Until the spring: children under 8, and anybody with swallowing needs.",
        "before_referral": "A drop-in clinic is held every second Thursday.",
    },
    {
        "name": "Occupational Therapy",
        "areas": ["sensory_and_physical"],
        "phases": ["early_years", "school", "further_education"],
        "criteria": "Movement, handwriting or everyday tasks after the toolkit's programme.",
        "response_target_days": 30,
        "intake": "open",
        "capacity": 40,
    },
    {
        "name": "Social, Emotional and Mental Health Outreach",
        "areas": ["social_emotional_and_mental_health"],
        "phases": ["school", "further_education"],
        "age_from": 5,
        "criteria": "Attendance or learning falls because of worry or distress.",
        "response_target_days": 10,
        "intake": "open",
    },
)  # fmt: skip

FORMS: dict[str, list[dict[str, object]]] = {
    "Educational Psychology Service": [
        {"name": "consulted", "text": "Have you rung the consultation line?", "kind": "yes_no"},
        {
            "name": "cycles",
            "text": "How many cycles have been completed?",
            "kind": "number",
            "filled_from": "cycles",
        },
        {
            "name": "child_views",
            "text": "What does the child or young person say?",
            "kind": "long_text",
            "filled_from": "child_views",
        },
    ],
    "Speech and Language Therapy": [
        {
            "name": "hearing_test",
            "text": "When was the latest hearing test?",
            "kind": "date",
            "required": True,
        },
        {"name": "languages", "text": "Which languages are spoken at home?", "kind": "text"},
    ],
}
"""What some services ask with a referral."""

SESSIONS = (
    ("Speech and Language Therapy", "Language in the classroom", 12),
    ("Educational Psychology Service", "Planning with the child", 19),
    ("Specialist Teaching Service: learning", "Number sense from the start", 26),
)
"""Service, title, and in how many days."""
