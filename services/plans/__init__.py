"""Children, assessments and SEN support plans: assess, plan, do."""
