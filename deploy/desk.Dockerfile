# The desk of a development system: local token issuer and mailbox.
FROM python:3.11-slim-bookworm
WORKDIR /app
COPY requirements/base.txt requirements/local.txt requirements/
RUN pip install --no-cache-dir --require-hashes -r requirements/local.txt
COPY shared shared
COPY deploy deploy
ENV PYTHONUNBUFFERED=1
CMD ["python", "-m", "deploy.local.desk", "/data", "8000", "8025", "0.0.0.0"]
